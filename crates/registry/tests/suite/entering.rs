//! What a relying party enters: an account, an activation; a registrant executes it. And the activation that a
//! prescriber begins there with a token in use.

use oath::UnixTime;
use provisioning::PinPolicy;
use registry::{
    AccessError, ActivationOrder, AssociateError, ConfirmError, DeactivationReason, Error,
    EventKind, Npi, RelyingParty, Role, SecondThrough, SignInThrough,
    access::{AccessOrder, AccessState, EnteredBy, NewAccess},
    rules::access::{AccessRefusal, PARTY_WAITING, WAITS},
    store::Write,
};

use crate::{
    clinic::{App, Clinic, PASSPHRASE, START, ada, ben, help_desk, label, rng},
    conformance::{account as account_of, write},
    relying::vendor,
    two_people::{account, activation, entering_at, key},
};

const NOW: UnixTime = UnixTime(START.0 + 600);

async fn from_entry_to_token(clinic: Clinic) {
    let [ines, rosa] = entering_at(&clinic).await;
    let eva = clinic.administrator("Eva", &[Role::Registrant]).await;
    let eva = clinic.administering(&eva, START).await;
    let party = vendor(&clinic).await;
    let registry = &clinic.registry;
    let enter = async |new, now| registry.enter_access_for(&party, new, now, &mut rng()).await;
    let mut new = account("a");
    if let AccessOrder::Account { own_id, address, .. } = &mut new.order {
        *own_id = Some("dr-17".parse().unwrap());
        *address = Some(Box::new("1 Main St\n\nReno\nNV\n89501".parse().unwrap()));
    }
    let order = new.order.clone();
    let entered = enter(new, START).await.unwrap();
    assert_eq!(entered.entered_by, EnteredBy::RelyingParty(party.name.clone()));
    assert_eq!(registry.account(&ada()).await.unwrap(), None, "nothing is open yet");
    let read = registry.access_entered_by(&party, &key("a"), START).await.unwrap();
    assert_eq!(read.map(|change| change.order), Some(order));
    let other = RelyingParty { name: label("Another"), ..(*party).clone() };
    assert_eq!(registry.access_entered_by(&other, &key("a"), START).await.unwrap(), None);
    let twice = enter(account("b"), START).await;
    assert_eq!(twice, Err(AccessRefusal::EnteredAlready.into()));

    // Whoever enters executes nothing, and an administrator is another one even under its name.
    clinic.execute(&ines, "a", "s", START).await.unwrap_err();
    let executed = clinic.execute(&rosa, "a", "s", START).await.unwrap();
    assert_eq!(executed.change.state, AccessState::Executed);
    let opened = registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(opened.id, Some("dr-17".parse().unwrap()));
    assert_eq!(opened.address.unwrap().to_string(), "1 Main St, Reno, NV 89501");
    let again = clinic.execute(&eva, "a", "t", START).await.unwrap_err();
    assert_eq!(again, AccessRefusal::NotPending(AccessState::Executed).into(), "not its own ID");
    assert_eq!(enter(account("c"), START).await, Err(Error::AccountExists.into()));
    let mut same_id = account("d");
    same_id.npi = ben();
    if let AccessOrder::Account { own_id, .. } = &mut same_id.order {
        *own_id = Some("dr-17".parse().unwrap());
    }
    assert_eq!(enter(same_id, START).await, Err(Error::AccountIdTaken.into()));

    enter(activation("e"), START).await.unwrap();
    // The registrant may be the person who entered the account for the party.
    let both = clinic.execute(&rosa, "e", "s", START).await.unwrap_err();
    assert_eq!(both, AccessRefusal::KnowsPassphrase.into());
    let shown = clinic.execute(&eva, "e", "s", START).await.unwrap().shown;
    assert!(shown.is_some(), "to a registrant who knows no passphrase");
    let events = clinic.events().await;
    let by = |kind| events.iter().find(|event| event.what.kind == kind).unwrap();
    assert_eq!(by(EventKind::AccessEntered).what.actor.to_string(), "relying party Vendor");
    assert_eq!(by(EventKind::AccountOpened).what.actor.to_string(), "administrator Rosa");
}

#[tokio::test]
async fn on_sqlite_a_relying_party_enters_and_a_registrant_executes() {
    from_entry_to_token(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_a_relying_party_enters_and_a_registrant_executes() {
    from_entry_to_token(Clinic::on_postgres().await).await;
}

fn nth_npi(number: u64) -> Npi {
    let mut digits = (0..10).map(|check| format!("{}{check}", 100_000_000 + number));
    digits.find_map(|digits| digits.parse().ok()).unwrap()
}

async fn a_key_alone_hides_nothing(clinic: Clinic) {
    let [ines, rosa] = entering_at(&clinic).await;
    let party = vendor(&clinic).await;
    let registry = &clinic.registry;
    let enter = async |new, now| registry.enter_access_for(&party, new, now, &mut rng()).await;
    let of = |number| NewAccess { npi: nth_npi(number), ..account(&format!("n{number}")) };
    enter(account("a"), START).await.unwrap();
    for number in 1..PARTY_WAITING {
        enter(of(number), START.plus(number)).await.unwrap();
    }
    let now = START.plus(PARTY_WAITING);
    assert_eq!(enter(of(99), now).await, Err(AccessRefusal::TooManyWait.into()));
    assert!(enter(of(1), now).await.is_ok(), "the same submit again");
    assert_eq!(registry.access_waiting(now).await.unwrap(), PARTY_WAITING);

    // What an administrator enters is not kept out, and stands first.
    clinic.enter(&ines, account("b"), now).await.unwrap();
    let theirs = registry.access_entered_by(&party, &key("a"), now).await.unwrap().unwrap();
    assert_eq!(theirs.state, AccessState::Declined);
    assert_eq!(clinic.events().await[1].what.kind, EventKind::AccessDeclined);
    let listed = registry.access_changes(3, now).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|change| change.id.as_str().to_owned()).collect();
    assert_eq!(ids, ["b", "n1", "n2"]);
    assert_eq!(enter(account("c"), now).await, Err(AccessRefusal::EnteredAlready.into()));
    clinic.execute(&rosa, "b", "s", now).await.unwrap();
    enter(of(99), now).await.unwrap();
    // What has expired waits no more.
    let later = START.plus(WAITS + PARTY_WAITING);
    assert_eq!(registry.access_waiting(later).await.unwrap(), 1);
    enter(of(98), later).await.unwrap();
}

#[tokio::test]
async fn on_sqlite_a_key_alone_hides_nothing() {
    a_key_alone_hides_nothing(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_a_key_alone_hides_nothing() {
    a_key_alone_hides_nothing(Clinic::on_postgres().await).await;
}

/// At two servers, and of accounts that are open: so nothing is hashed, which would set them apart.
async fn of_eighty_at_once_fifty_wait(clinic: Clinic) {
    let party = vendor(&clinic).await;
    let accounts: Vec<_> =
        (0..80).map(|number| Write::InsertAccount(account_of(nth_npi(number)))).collect();
    write(&*clinic.store, accounts).await.unwrap();
    let registries = [clinic.registry.clone(), clinic.second_process().await];
    let sent: Vec<_> = registries
        .iter()
        .cycle()
        .zip(0..80)
        .map(|(registry, number)| {
            let (registry, party) = (registry.clone(), party.clone());
            let npi = nth_npi(number);
            let new = NewAccess { npi, ..activation(&format!("n{number}")) };
            tokio::spawn(
                async move { registry.enter_access_for(&party, new, NOW, &mut rng()).await },
            )
        })
        .collect();
    let mut entered = 0;
    for answer in sent {
        match answer.await.unwrap() {
            Ok(_) => entered += 1,
            Err(error) => assert_eq!(error, AccessRefusal::TooManyWait.into()),
        }
    }
    let waiting = clinic.registry.access_waiting(NOW).await.unwrap();
    assert_eq!((entered, waiting), (PARTY_WAITING, PARTY_WAITING));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_sqlite_of_eighty_at_once_fifty_wait() {
    of_eighty_at_once_fifty_wait(Clinic::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgres_of_eighty_at_once_fifty_wait() {
    of_eighty_at_once_fifty_wait(Clinic::on_postgres().await).await;
}

#[tokio::test]
async fn a_relying_party_enters_nothing_that_ends_access_or_lets_somebody_in() {
    let (clinic, _) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    for order in [
        AccessOrder::End { reason: label("left") },
        AccessOrder::Passphrase { assurance: label("called back") },
        AccessOrder::Phone { phone: None },
        AccessOrder::Mail { mail: "eve@example.org".parse().unwrap() },
    ] {
        let new = registry::access::NewAccess { order, ..activation("a") };
        let refused = clinic.registry.enter_access_for(&party, new, NOW, &mut rng()).await;
        assert_eq!(refused, Err(AccessError::from(Error::NotAllowed)));
    }
}

fn order() -> ActivationOrder {
    ActivationOrder {
        server: "https://clinic.example".parse().unwrap(),
        issuer: label("Example Clinic"),
        valid_for: 24 * 3600,
        pin: PinPolicy::default(),
    }
}

async fn a_further_token_by_the_one_in_use(clinic: Clinic) {
    let phone = clinic.first_token_of_ada().await;
    let party = vendor(&clinic).await;
    let registry = &clinic.registry;
    let through = async |second, now| {
        let typed = SignInThrough { npi: ada(), passphrase: PASSPHRASE, second };
        registry.sign_in_through(&party, &typed, now, &mut rng()).await
    };
    let code = |now| SecondThrough::Code { serial: Some(phone.serial()), code: phone.code(now) };
    let session = through(code(NOW), NOW).await.unwrap();
    let begun = registry.begin_own_activation(&session, &order(), NOW, &mut rng()).await.unwrap();
    let event = clinic.events().await.remove(0).what;
    assert_eq!(event.kind, EventKind::ActivationBegun);
    assert_eq!(event.actor.to_string(), "relying party Vendor");
    assert_eq!(event.cause, Some(format!("approved by {}", phone.serial().as_str())));

    // By passphrase and link alone nobody adds a token, nor signs in.
    let tablet = App::new("Tablet");
    clinic.send(&tablet.seal(&begun.link), NOW).await.unwrap();
    let half = clinic.half_session(ada(), NOW).await;
    let refused = registry.associate(&half, &tablet.form(NOW), NOW).await;
    assert_eq!(refused.unwrap_err(), AssociateError::NotSignedIn);
    let refused = registry.confirm(&half, &begun.confirmation, NOW).await;
    assert_eq!(refused.unwrap_err(), ConfirmError::HasToken);
    let later = NOW.plus(60);
    let session = through(code(later), later).await.unwrap();
    registry.associate(&session, &tablet.form(later), later).await.unwrap();

    // A token that is locked meanwhile begins nothing; and what it began opens nothing once it is gone.
    let begin = async || registry.begin_own_activation(&session, &order(), later, &mut rng()).await;
    let second = begin().await.unwrap();
    for _ in 0..10 {
        let (wrong, purpose) = (phone.wrong_code(later), registry::Purpose::Signing);
        registry.verify(&ada(), &phone.serial(), &wrong, purpose, later).await.unwrap_err();
    }
    assert_eq!(begin().await.unwrap_err(), AssociateError::NeedsTokenCode);
    for app in [&phone, &tablet] {
        let (desk, faulty) = (help_desk(), DeactivationReason::Faulty);
        registry.deactivate_token(&desk, &app.serial(), faulty, later).await.unwrap();
    }
    let half = clinic.half_session(ada(), later).await;
    let refused = registry.confirm(&half, &second.confirmation, later).await;
    assert_eq!(refused.unwrap_err(), ConfirmError::NoOpenActivation);
}

#[tokio::test]
async fn on_sqlite_an_activation_is_begun_by_a_token_in_use() {
    a_further_token_by_the_one_in_use(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_an_activation_is_begun_by_a_token_in_use() {
    a_further_token_by_the_one_in_use(Clinic::on_postgres().await).await;
}

async fn a_loss_ends_what_a_sign_in_began(clinic: Clinic) {
    let phone = clinic.first_token_of_ada().await;
    let party = vendor(&clinic).await;
    let registry = &clinic.registry;
    let second = SecondThrough::Code { serial: Some(phone.serial()), code: phone.code(NOW) };
    let typed = SignInThrough { npi: ada(), passphrase: PASSPHRASE, second };
    let session = registry.sign_in_through(&party, &typed, NOW, &mut rng()).await.unwrap();
    let begun = registry.begin_own_activation(&session, &order(), NOW, &mut rng()).await.unwrap();
    let half = clinic.half_session(ada(), NOW).await;
    registry.report_own_token_lost(&half, &phone.serial(), NOW).await.unwrap();
    let tablet = App::new("Tablet");
    clinic.send(&tablet.seal(&begun.link), NOW).await.unwrap_err();
}

/// Who asked for a further token and then lost the only one has not to be locked out by that.
#[tokio::test]
async fn a_loss_leaves_what_administrators_began() {
    let clinic = Clinic::new().await;
    let phone = clinic.first_token_of_ada().await;
    let (link, _) = clinic.begin(ada(), NOW).await;
    let half = clinic.half_session(ada(), NOW).await;
    clinic.registry.report_own_token_lost(&half, &phone.serial(), NOW).await.unwrap();
    clinic.send(&App::new("Tablet").seal(&link), NOW).await.unwrap();
}

#[tokio::test]
async fn on_sqlite_a_loss_ends_what_a_sign_in_began() {
    a_loss_ends_what_a_sign_in_began(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_a_loss_ends_what_a_sign_in_began() {
    a_loss_ends_what_a_sign_in_began(Clinic::on_postgres().await).await;
}

#[tokio::test]
async fn a_confirmation_code_begins_no_activation() {
    let clinic = Clinic::with_ada().await;
    let party = vendor(&clinic).await;
    let (_, confirmation) = clinic.begin(ada(), NOW).await;
    let second = SecondThrough::Confirmation(confirmation);
    let typed = SignInThrough { npi: ada(), passphrase: PASSPHRASE, second };
    let session = clinic.registry.sign_in_through(&party, &typed, NOW, &mut rng()).await.unwrap();
    let refused = clinic.registry.begin_own_activation(&session, &order(), NOW, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), AssociateError::NeedsConfirmation);
}
