//! What a relying party does at a prescriber's wish: by its key alone, and by what the prescriber types.

use oath::{Code, UnixTime};
use registry::{
    Actor, AssociateError, Cause, ConfirmError, Deactivation, DeactivationReason, Error, EventKind,
    OwnTokenError, RelyingParty, RequestedBy, SecondThrough, Session, SignInError, SignInThrough,
    ThroughError, TokenOrder, TokenState, VerifyError, Wanted,
};

use crate::{
    clinic::{App, Clinic, PASSPHRASE, START, ada, ben, label, rng},
    relying::vendor,
};

const NOW: UnixTime = UnixTime(START.0 + 7_200);

async fn through(
    clinic: &Clinic,
    party: &RelyingParty,
    passphrase: &str,
    second: SecondThrough,
    now: UnixTime,
) -> Result<Session, ThroughError> {
    let typed = SignInThrough { npi: ada(), passphrase, second };
    clinic.registry.sign_in_through(party, &typed, now, &mut rng()).await
}

fn by(app: &App, now: UnixTime) -> SecondThrough {
    SecondThrough::Code { serial: Some(app.serial()), code: app.code(now) }
}

/// Who stands in the audit as the one who did this last.
async fn actor_of(clinic: &Clinic, kind: EventKind) -> String {
    let events = clinic.events().await;
    let found = events.iter().find(|event| event.what.kind == kind);
    found.unwrap().what.actor.to_string()
}

#[tokio::test]
async fn the_first_token_takes_passphrase_and_confirmation_code_as_on_the_dashboard() {
    let clinic = Clinic::with_ada().await;
    let party = vendor(&clinic).await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), NOW).await;
    clinic.send(&app.seal(&link), NOW).await.unwrap();
    let confirmed = |text: &str| SecondThrough::Confirmation(text.parse().unwrap());
    let good = confirmation.expose_text();
    let wrong = through(&clinic, &party, "not hers at all", confirmed(&good), NOW).await;
    assert_eq!(wrong.unwrap_err(), ThroughError::Passphrase(SignInError::Refused));
    let wrong = through(&clinic, &party, PASSPHRASE, confirmed("22222222"), NOW).await;
    let left = ConfirmError::Wrong { tries_left: 9 };
    assert_eq!(wrong.unwrap_err(), ThroughError::Confirmation(left));
    let session = through(&clinic, &party, PASSPHRASE, confirmed(&good), NOW).await.unwrap();
    let token = clinic.registry.associate(&session, &app.form(NOW), NOW).await.unwrap();
    assert_eq!((token.state, token.owner), (TokenState::Active, Some(ada())));
    assert_eq!(actor_of(&clinic, EventKind::TokenAssociated).await, "relying party Vendor");
    clinic.registry.sign_out(&session, NOW).await.unwrap();
    let over = clinic.registry.associate(&session, &app.form(NOW), NOW).await;
    assert_eq!(over.unwrap_err(), AssociateError::Registry(Error::SessionEnded));
}

#[tokio::test]
async fn what_was_typed_on_a_relying_partys_page_stands_in_the_audit_as_sent_by_it() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let phone = clinic.first_token_of_ada().await;
        let party = vendor(&clinic).await;
        let before = clinic.events().await.remove(0).id;
        for (passphrase, second) in [
            ("not hers at all", by(&phone, NOW)),
            (PASSPHRASE, SecondThrough::Confirmation("22222222".parse().unwrap())),
            (PASSPHRASE, by(&App::new("Nobody's"), NOW)),
            (PASSPHRASE, by(&phone, UnixTime(NOW.0 - 7_000))),
        ] {
            through(&clinic, &party, passphrase, second, NOW).await.unwrap_err();
        }
        let session = through(&clinic, &party, PASSPHRASE, by(&phone, NOW), NOW).await.unwrap();
        clinic.registry.sign_out(&session, NOW).await.unwrap();
        let events = clinic.events().await;
        let since: Vec<_> = events.iter().filter(|event| event.id > before).collect();
        for event in &since {
            let (kind, actor) = (event.what.kind, event.what.actor.to_string());
            assert_eq!(actor, "relying party Vendor", "{kind}");
        }
        let judged = |kind| since.iter().filter(|event| event.what.kind == kind).count();
        assert_eq!(judged(EventKind::PassphraseGiven), 10, "attempted, and how it ended");
        assert_eq!(judged(EventKind::CodeJudged), 3);
        assert_eq!(judged(EventKind::SignedOut), 4);
    }
}

#[tokio::test]
async fn where_codes_go_to_phones_a_token_is_not_added_without_one() {
    let clinic = Clinic::asking_step_up().await;
    clinic.open_account(ada()).await;
    let party = vendor(&clinic).await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), NOW).await;
    clinic.send(&app.seal(&link), NOW).await.unwrap();
    let second = SecondThrough::Confirmation(confirmation);
    let session = through(&clinic, &party, PASSPHRASE, second, NOW).await.unwrap();
    let refused = clinic.registry.associate(&session, &app.form(NOW), NOW).await;
    assert_eq!(refused.unwrap_err(), AssociateError::NeedsStepUp);
    assert_eq!(clinic.token(&app, NOW).await.state, TokenState::Provisioned);
}

#[tokio::test]
async fn a_code_signs_in_once_and_what_follows_is_the_relying_partys_doing() {
    let (clinic, phone) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, UnixTime(NOW.0 - 600)).await.unwrap();
    let session = through(&clinic, &party, PASSPHRASE, by(&phone, NOW), NOW).await.unwrap();
    let again = through(&clinic, &party, PASSPHRASE, by(&phone, NOW), NOW).await.unwrap_err();
    let used = Cause::AlreadyUsed { seconds_ago: 0 };
    assert_eq!(again, ThroughError::Code(VerifyError::Refused(used)));

    let registry = &clinic.registry;
    let order = TokenOrder {
        wanted: Wanted::Soft,
        mail: "ada@example.org".parse().unwrap(),
        idempotency_key: "r-1".parse().unwrap(),
    };
    let asked = RequestedBy::Session(&session);
    registry.request_tokens(asked, &order, NOW, &mut rng()).await.unwrap();
    assert_eq!(actor_of(&clinic, EventKind::TokenRequested).await, "relying party Vendor");

    let form = Deactivation { reason: DeactivationReason::Faulty, last_one_meant: false };
    let given_up = registry.deactivate_own_token(&session, &tablet.serial(), form, NOW).await;
    assert_eq!(given_up.unwrap().state, TokenState::Deactivated);
    assert_eq!(actor_of(&clinic, EventKind::TokenDeactivated).await, "relying party Vendor");
    clinic.open_account(ben()).await;
    let theirs = App::new("Phone");
    clinic.enrol_first(ben(), &theirs, NOW).await;
    let refused = registry.deactivate_own_token(&session, &theirs.serial(), form, NOW).await;
    assert!(refused.is_err(), "another account's");
}

#[tokio::test]
async fn by_its_key_alone_a_relying_party_suspends_and_no_more() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let (registry, serial, actor) = (&clinic.registry, app.serial(), party.actor());
    let lost = DeactivationReason::Lost;
    for refused in [
        registry.unlock_token(&actor, &serial, NOW).await,
        registry.deactivate_token(&actor, &serial, lost, NOW).await,
    ] {
        assert_eq!(refused, Err(Error::NotAllowed));
    }
    let suspended = registry.suspend_token(&actor, &serial, &label("lost"), NOW).await.unwrap();
    assert_eq!(suspended.state, TokenState::Suspended);
    assert_eq!(actor_of(&clinic, EventKind::TokenSuspended).await, "relying party Vendor");
    let again = registry.suspend_token(&actor, &serial, &label("lost"), NOW).await.unwrap();
    assert_eq!(again, suspended);
    let refused = registry.restore_token(&actor, &serial, &label("found"), NOW).await;
    assert_eq!(refused, Err(Error::NotAllowed));
}

async fn pair(
    clinic: &Clinic,
    actor: &Actor,
    app: &App,
    seconds: i64,
) -> Result<TokenState, VerifyError> {
    let off = |seconds: i64| app.code(UnixTime(NOW.0.saturating_add_signed(seconds)));
    let codes: (&Code, &Code) = (&off(seconds), &off(seconds + 30));
    let done = clinic.registry.resynchronise_token(actor, &app.serial(), codes, NOW).await;
    done.map(|token| token.state)
}

#[tokio::test]
async fn two_codes_of_now_resynchronise_by_the_key_alone_and_noted_ones_by_a_sign_in_only() {
    let (clinic, phone) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, UnixTime(NOW.0 - 3_800)).await.unwrap();
    let key = party.actor();
    let wrong = Err(VerifyError::Refused(Cause::NotConsecutive));
    assert_eq!(pair(&clinic, &key, &phone, -1_800).await, wrong, "of half an hour ago");
    assert_eq!(clinic.token(&phone, NOW).await.failures, 1, "it counts as a wrong code");
    assert_eq!(pair(&clinic, &key, &phone, 1_800).await, Ok(TokenState::Active));
    let event = clinic.events().await.remove(0).what;
    assert_eq!(event.actor.to_string(), "relying party Vendor");
    assert_eq!(event.purpose, Some(registry::Purpose::Resynchronisation));

    let session = through(&clinic, &party, PASSPHRASE, by(&tablet, NOW), NOW).await.unwrap();
    let later = |seconds: i64| tablet.code(UnixTime(NOW.0.saturating_add_signed(seconds)));
    let codes = (&later(1_800), &later(1_830));
    let serial = tablet.serial();
    let own = clinic.registry.resynchronise_own_token(&session, &serial, codes, NOW).await;
    assert_eq!(own.unwrap().state, TokenState::Active);
}

async fn lock(clinic: &Clinic, app: &App, now: UnixTime) {
    for _ in 0..10 {
        let (wrong, purpose) = (app.wrong_code(now), registry::Purpose::Signing);
        let judged = clinic.registry.verify(&ada(), &app.serial(), &wrong, purpose, now).await;
        judged.unwrap_err();
    }
    assert_eq!(clinic.token(app, now).await.state, TokenState::Locked);
}

async fn a_locked_token_is_unlocked_by_another_and_no_try_is_given_back(clinic: Clinic) {
    let phone = clinic.first_token_of_ada().await;
    let party = vendor(&clinic).await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, UnixTime(NOW.0 - 600)).await.unwrap();
    let (registry, serial) = (&clinic.registry, tablet.serial());
    lock(&clinic, &tablet, NOW).await;
    let by_key = registry.unlock_token(&party.actor(), &serial, NOW).await;
    assert_eq!(by_key, Err(Error::NotAllowed));
    let own = through(&clinic, &party, PASSPHRASE, by(&tablet, NOW), NOW).await;
    assert!(matches!(own, Err(ThroughError::Code(_))), "its own code is not judged: {own:?}");

    let session = through(&clinic, &party, PASSPHRASE, by(&phone, NOW), NOW).await.unwrap();
    for _ in 0..2 {
        let unlocked = registry.unlock_own_token(&session, &serial, NOW).await.unwrap();
        assert_eq!((unlocked.state, unlocked.failures), (TokenState::Active, 10));
    }
    assert_eq!(actor_of(&clinic, EventKind::TokenUnlocked).await, "relying party Vendor");
    let unlocked = clinic.events().await.into_iter();
    assert_eq!(unlocked.filter(|e| e.what.kind == EventKind::TokenUnlocked).count(), 1);
    let (good, purpose) = (tablet.code(NOW), registry::Purpose::Signing);
    registry.verify(&ada(), &serial, &good, purpose, NOW).await.unwrap();

    // Whoever has the token and the passphrase gets no more than a hundred tries of another.
    let mut now = NOW;
    for _ in 0..9 {
        now = now.plus(60);
        lock(&clinic, &tablet, now).await;
        let session = through(&clinic, &party, PASSPHRASE, by(&phone, now), now).await.unwrap();
        registry.unlock_own_token(&session, &serial, now).await.unwrap();
    }
    now = now.plus(60);
    lock(&clinic, &tablet, now).await;
    let session = through(&clinic, &party, PASSPHRASE, by(&phone, now), now).await.unwrap();
    let for_good = registry.unlock_own_token(&session, &serial, now).await;
    assert_eq!(for_good, Err(Error::NotPossible(TokenState::Locked).into()));

    lock(&clinic, &phone, now).await;
    let itself = registry.unlock_own_token(&session, &phone.serial(), now).await;
    assert_eq!(itself, Err(OwnTokenError::NeedsOtherToken));
}

#[tokio::test]
async fn on_sqlite_a_locked_token_is_unlocked_by_another() {
    a_locked_token_is_unlocked_by_another_and_no_try_is_given_back(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_a_locked_token_is_unlocked_by_another() {
    let clinic = Clinic::on_postgres().await;
    a_locked_token_is_unlocked_by_another_and_no_try_is_given_back(clinic).await;
}
