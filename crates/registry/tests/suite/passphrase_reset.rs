//! Two people let a prescriber choose a new passphrase, by a link and the code to it.

use oath::UnixTime;
use registry::{
    ConfirmationCode, EventKind, IdempotencyKey, Outcome, Passphrase, ResetSecret,
    SetPassphraseError, SignInError,
    access::{AccessOrder, NewAccess, ShownOnce},
    rules::{access::AccessRefusal, passphrase_reset::ResetStanding},
};

use crate::{
    clinic::{App, Clinic, PASSPHRASE, START, ada, help_desk, label, rng},
    interleaving::{Before, interrupted},
    two_people::{account, activation, clinic_of, execute_on, key, with_token},
};

const NOW: UnixTime = UnixTime(START.0 + 60);
const NEW: &str = "a quite new passphrase";
const DAY: u64 = 24 * 3600;

pub(crate) fn reset(id: &str) -> NewAccess {
    let order = AccessOrder::Passphrase { assurance: label("called back") };
    NewAccess { id: key(id), npi: ada(), order, passphrase: None }
}

struct Link {
    secret: ResetSecret,
    code: ConfirmationCode,
}

fn link(shown: &ShownOnce) -> Link {
    let (place, secret) = shown.expose_link().rsplit_once('/').unwrap();
    assert_eq!(place, "https://clinic.example/passphrase");
    let code = shown.expose_confirmation().parse().unwrap();
    Link { secret: secret.parse().unwrap(), code }
}

/// A code that is not the link's.
fn wrong() -> ConfirmationCode {
    ConfirmationCode::generate(&mut rng())
}

async fn set(
    clinic: &Clinic,
    link: &Link,
    code: &ConfirmationCode,
    submit: &str,
    now: UnixTime,
) -> Result<(), SetPassphraseError> {
    let (new, submit) =
        (Passphrase::parse(NEW).unwrap(), submit.parse::<IdempotencyKey>().unwrap());
    clinic.registry.set_passphrase(&link.secret, code, &new, &submit, now, &mut rng()).await
}

async fn sign_in(clinic: &Clinic, passphrase: &str, now: UnixTime) -> Result<(), SignInError> {
    clinic.registry.sign_in("1234567893", passphrase, now, &mut rng()).await.map(drop)
}

/// A clinic at which Ada has a token, and a reset that Ines entered and Rosa executed.
async fn with_reset() -> (Clinic, App, Link) {
    let (clinic, app, [ines, rosa]) = with_token().await;
    clinic.enter(&ines, reset("r"), NOW).await.unwrap();
    let shown = clinic.execute(&rosa, "r", "s", NOW).await.unwrap().shown.unwrap();
    let again = clinic.execute(&rosa, "r", "s", NOW.plus(9)).await.unwrap().shown.unwrap();
    assert_eq!(again.expose_link(), shown.expose_link(), "the same submit shows the same");
    (clinic, app, link(&shown))
}

#[tokio::test]
async fn the_prescriber_chooses_it_sessions_end_and_tokens_stay() {
    let (clinic, app, link) = with_reset().await;
    let secret = clinic.secret_by_token(ada(), &app, NOW).await;
    assert!(clinic.registry.session(&secret, NOW).await.is_ok());
    let until = NOW.plus(DAY);
    let standing = clinic.registry.passphrase_reset(&link.secret, NOW).await.unwrap();
    assert_eq!(standing, ResetStanding::Open { until });
    let wrong = set(&clinic, &link, &wrong(), "a", NOW).await;
    assert_eq!(wrong, Err(SetPassphraseError::Wrong { tries_left: 4 }));
    for _ in 0..2 {
        assert_eq!(set(&clinic, &link, &link.code, "b", NOW).await, Ok(()), "the same submit");
    }
    let another = Passphrase::parse("another horse battery").unwrap();
    let Link { secret: of_link, code } = &link;
    let answer =
        clinic.registry.set_passphrase(of_link, code, &another, &key("b"), NOW, &mut rng()).await;
    assert_eq!(
        answer,
        Err(SetPassphraseError::LinkOver),
        "sent again with another, which is not set"
    );
    let other = set(&clinic, &link, &link.code, "c", NOW).await;
    assert_eq!(other, Err(SetPassphraseError::LinkOver), "it works once");
    assert!(clinic.registry.session(&secret, NOW).await.is_err());
    assert_eq!(sign_in(&clinic, PASSPHRASE, NOW).await, Err(SignInError::Refused));
    assert_eq!(sign_in(&clinic, NEW, NOW).await, Ok(()));
    assert!(clinic.token(&app, NOW).await.state.is_in_use());
    let events = clinic.events().await;
    let of = |kind, outcome| {
        let found = events.iter().map(|event| &event.what);
        found.filter(|what| what.kind == kind && what.outcome == outcome).collect::<Vec<_>>()
    };
    let begun = of(EventKind::PassphraseResetBegun, Outcome::Success);
    assert_eq!(begun[0].actor.to_string(), "administrator Rosa");
    assert_eq!(of(EventKind::PassphraseReset, Outcome::Success).len(), 1);
    let refused = of(EventKind::PassphraseReset, Outcome::Refused);
    let causes: Vec<_> = refused.iter().rev().map(|what| what.cause.as_deref().unwrap()).collect();
    assert_eq!(causes, ["wrong reset code", "no open reset", "no open reset"]);
    let disk: Vec<u8> = std::fs::read_dir(clinic.folder.path())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    for text in [link.secret.expose_text().to_string(), link.code.expose_text().replace(' ', "")] {
        assert!(!disk.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[tokio::test]
async fn five_wrong_codes_or_a_day_end_it_and_a_newer_one_takes_its_place() {
    let (clinic, _, link) = with_reset().await;
    for tries_left in (0..5).rev() {
        let refused = set(&clinic, &link, &wrong(), "a", NOW).await;
        assert_eq!(refused, Err(SetPassphraseError::Wrong { tries_left }));
    }
    let over = Err(SetPassphraseError::LinkOver);
    let before = clinic.events().await.len();
    for _ in 0..3 {
        assert_eq!(set(&clinic, &link, &link.code, "a", NOW).await, over);
    }
    assert_eq!(clinic.events().await.len(), before + 1, "recorded once more, and then no longer");

    let (clinic, _, link) = with_reset().await;
    assert_eq!(set(&clinic, &link, &link.code, "a", NOW.plus(DAY + 1)).await, over);
    assert_eq!(sign_in(&clinic, PASSPHRASE, NOW).await, Ok(()));
    let nobodys = Link { secret: "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap(), code: wrong() };
    let before = clinic.events().await.len();
    assert_eq!(set(&clinic, &nobodys, &link.code, "a", NOW).await, over);
    assert_eq!(clinic.events().await.len(), before, "a stranger fills no log");
}

#[tokio::test]
async fn a_newer_one_ends_the_older_and_it_opens_a_paused_sign_in() {
    let (clinic, _, [ines, rosa]) = with_token().await;
    let mut links = Vec::new();
    for id in ["r", "q"] {
        clinic.enter(&ines, reset(id), NOW).await.unwrap();
        let shown = clinic.execute(&rosa, id, "s", NOW).await.unwrap().shown.unwrap();
        links.push(link(&shown));
    }
    for _ in 0..10 {
        drop(sign_in(&clinic, "not the passphrase", NOW).await);
    }
    let older = set(&clinic, &links[0], &links[0].code, "a", NOW).await;
    assert_eq!(older, Err(SetPassphraseError::LinkOver));
    assert_eq!(set(&clinic, &links[1], &links[1].code, "a", NOW).await, Ok(()));
    assert_eq!(sign_in(&clinic, NEW, NOW).await, Ok(()));
}

#[tokio::test]
async fn nobody_sees_both_what_sets_the_passphrase_and_an_activation() {
    use registry::Role::{AccessAdministrator, Registrant};
    let both = &[AccessAdministrator, Registrant];
    let (clinic, [ines, rosa, eva]) =
        clinic_of([("Ines", both), ("Rosa", both), ("Eva", both)]).await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    clinic.execute(&rosa, "a", "s", START).await.unwrap();

    clinic.enter(&ines, activation("b"), START).await.unwrap();
    clinic.execute(&rosa, "b", "s", START).await.unwrap();
    clinic.enter(&ines, reset("r"), START).await.unwrap();
    let saw = clinic.execute(&rosa, "r", "s", START).await.unwrap_err();
    assert_eq!(saw, AccessRefusal::SawActivation.into());
    let event = clinic.events().await.remove(0).what;
    assert_eq!(event.cause.as_deref(), Some("saw the activation"));
    let shown = clinic.execute(&eva, "r", "s", START).await.unwrap().shown.unwrap();

    clinic.enter(&rosa, activation("c"), START).await.unwrap();
    let knows = clinic.execute(&eva, "c", "s", START).await.unwrap_err();
    assert_eq!(knows, AccessRefusal::KnowsPassphrase.into());
    let knows = clinic.execute(&ines, "c", "s", START).await.unwrap_err();
    assert_eq!(knows, AccessRefusal::KnowsPassphrase.into(), "she set the first");
    let link = link(&shown);
    assert_eq!(set(&clinic, &link, &link.code, "a", START).await, Ok(()));
    let done = clinic.execute(&ines, "c", "s", START).await;
    assert!(done.is_ok(), "the first passphrase is good no more: {done:?}");
}

/// Rosa executes both at once, each decided on what was there before the other.
#[tokio::test]
async fn nobody_sees_both_by_being_quick() {
    for before in [Before::Commit, Before::TokensOf] {
        for (first, second, refusal) in
            [("b", "r", AccessRefusal::SawActivation), ("r", "b", AccessRefusal::KnowsPassphrase)]
        {
            let (clinic, [ines, rosa]) = crate::two_people::enterer_and_registrant().await;
            clinic.open_account(ada()).await;
            clinic.enter(&ines, activation("b"), START).await.unwrap();
            clinic.enter(&ines, reset("r"), START).await.unwrap();
            let (registry, by) = (clinic.registry.clone(), rosa.clone());
            let meanwhile = async move {
                execute_on(&registry, &by, (first, "t"), START).await.unwrap();
            };
            let late = interrupted(&clinic, before, meanwhile).await;
            let refused = execute_on(&late, &rosa, (second, "s"), START).await;
            assert_eq!(refused.unwrap_err(), refusal.into(), "{before:?}: {second}");
        }
    }
}

/// A sign-in with the old passphrase that is judged while the new one is set.
#[tokio::test]
async fn the_old_passphrase_opens_nothing_once_the_new_one_is_set() {
    let (clinic, _, link) = with_reset().await;
    let registry = clinic.registry.clone();
    let meanwhile = async move {
        let (new, submit) = (Passphrase::parse(NEW).unwrap(), key("s"));
        let Link { secret, code } = link;
        registry.set_passphrase(&secret, &code, &new, &submit, NOW, &mut rng()).await.unwrap();
    };
    let late = interrupted(&clinic, Before::SecondCommit, meanwhile).await;
    let refused = late.sign_in("1234567893", PASSPHRASE, NOW, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), SignInError::Refused);
}

#[tokio::test]
async fn a_phone_is_changed_by_two_people_and_ends_what_went_to_the_old_one() {
    let (clinic, _, [ines, rosa]) = with_token().await;
    let phone = |id: &str, number: Option<&str>| NewAccess {
        id: key(id),
        npi: ada(),
        order: AccessOrder::Phone { phone: number.map(|number| number.parse().unwrap()) },
        passphrase: None,
    };
    let same = clinic.enter(&ines, phone("n", None), NOW).await;
    assert_eq!(same.unwrap_err(), AccessRefusal::SamePhone.into());
    clinic.enter(&ines, phone("p", Some("+1 410 555 0134")), NOW).await.unwrap();
    let number = async || clinic.registry.account(&ada()).await.unwrap().unwrap().phone;
    assert_eq!(number().await, None, "not by one person");
    clinic.execute(&rosa, "p", "s", NOW).await.unwrap();
    assert_eq!(number().await.unwrap().as_str(), "+14105550134");
    let events = clinic.events().await;
    let noted = events.iter().find(|event| event.what.kind == EventKind::PhoneNoted).unwrap();
    assert_eq!(noted.what.cause.as_deref(), Some("added, ends in 34"));
    assert!(!format!("{events:?}").contains("5550134"));
    clinic.registry.note_phone(&help_desk(), &ada(), None, NOW).await.unwrap();
}
