//! Administrators: two factors, each code once, and what their roles allow as they are now.

use oath::{Code, Seed, UnixTime};
use registry::{
    Action, Actor, Administrator, AdministratorName, AdministratorSession, Cause, Error, EventKind,
    NewAdministrator, Outcome, Passphrase, Role, Roles, SignInError, VerifyError,
};

use crate::clinic::{Clinic, PASSPHRASE, START, ada, help_desk, label, rng};

/// An administrator with the token that they carry.
pub(crate) struct Carrier {
    pub(crate) name: AdministratorName,
    pub(crate) seed: Seed,
}

impl Carrier {
    pub(crate) fn code(&self, at: UnixTime) -> Code {
        Administrator::totp().code_at(&self.seed, at)
    }

    fn wrong_code(&self, at: UnixTime) -> Code {
        let near: Vec<_> = (0..9)
            .map(|step| self.code(UnixTime(at.0 - 120 + step * 30)).expose_digits())
            .collect();
        let unlike = (0..).map(|n| format!("{n:06}")).find(|text| !near.contains(text));
        unlike.unwrap().parse().unwrap()
    }
}

fn name(text: &str) -> AdministratorName {
    text.parse().unwrap()
}

fn new(text: &str, roles: &[Role]) -> NewAdministrator {
    NewAdministrator {
        name: name(text),
        roles: Roles::new(roles.iter().copied()).unwrap(),
        passphrase: Passphrase::parse(PASSPHRASE).unwrap(),
    }
}

impl Clinic {
    pub(crate) async fn administrator(&self, text: &str, roles: &[Role]) -> Carrier {
        let new = new(text, roles);
        let added = self.registry.add_administrator(&help_desk(), new, START, &mut rng()).await;
        Carrier { name: name(text), seed: added.unwrap().seed }
    }

    async fn half(&self, who: &Carrier, now: UnixTime) -> AdministratorSession {
        let text = who.name.to_string();
        let secret = self.registry.sign_in_administrator(&text, PASSPHRASE, now, &mut rng()).await;
        self.registry.administrator_session(&secret.unwrap(), now).await.unwrap()
    }

    pub(crate) async fn administering(&self, who: &Carrier, now: UnixTime) -> AdministratorSession {
        let half = self.half(who, now).await;
        let secret = self.registry.confirm_administrator(&half, &who.code(now), now).await;
        self.registry.administrator_session(&secret.unwrap(), now).await.unwrap()
    }

    async fn kinds(&self) -> Vec<(EventKind, Outcome)> {
        let events = self.events().await.into_iter();
        events.map(|event| (event.what.kind, event.what.outcome)).collect()
    }
}

#[tokio::test]
async fn two_factors_open_what_the_roles_allow_and_nothing_else() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::TokenAdministrator]).await;
    let half = clinic.half(&hedy, START).await;
    let refused = clinic.registry.authorise(&half, Action::SeeTokens, START).await;
    assert_eq!(refused, Err(Error::SessionEnded), "half a session opens nothing");

    let session = clinic.administering(&hedy, START.plus(30)).await;
    let now = START.plus(30);
    let actor = clinic.registry.authorise(&session, Action::ChangeTokens, now).await.unwrap();
    assert!(
        matches!(actor, Actor::Administrator { name, session: Some(_) } if name == label("Hedy"))
    );
    for action in [Action::EnterAccess, Action::ExecuteAccess, Action::ReadAudit] {
        let refused = clinic.registry.authorise(&session, action, now).await;
        assert_eq!(refused, Err(Error::NotYourRole { action: action.words() }));
        let event = clinic.events().await.remove(0).what;
        assert_eq!((event.kind, event.outcome), (EventKind::NotPermitted, Outcome::Refused));
        assert_eq!(event.cause.as_deref(), Some(action.words()));
    }
}

#[tokio::test]
async fn changes_need_a_code_of_the_last_twenty_minutes_and_a_new_one_makes_fresh() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::TokenAdministrator]).await;
    let session = clinic.administering(&hedy, START).await;
    let allowed = async |session: &AdministratorSession, action, at| {
        clinic.registry.authorise(session, action, START.plus(at)).await.map(drop)
    };
    assert_eq!(allowed(&session, Action::ChangeTokens, 900).await, Ok(()));
    let now = START.plus(890);
    let renewed =
        clinic.registry.confirm_administrator(&session, &hedy.code(now), now).await.unwrap();
    let again = clinic.registry.administrator_session(&renewed, now).await.unwrap();
    assert_eq!(allowed(&session, Action::SeeTokens, 891).await, Err(Error::SessionEnded));
    clinic.registry.administrator_session(&renewed, START.plus(1_700)).await.unwrap();
    assert_eq!(allowed(&again, Action::ChangeTokens, 890 + 1_200).await, Ok(()));
    assert_eq!(allowed(&again, Action::ChangeTokens, 890 + 1_201).await, Err(Error::NotFresh));
    assert_eq!(allowed(&again, Action::SeeTokens, 890 + 1_201).await, Ok(()));
}

#[tokio::test]
async fn a_code_is_good_once_however_many_sessions_bring_it() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::Auditor]).await;
    let mut halves = Vec::new();
    for _ in 0..8 {
        halves.push(clinic.half(&hedy, START).await);
    }
    let code = hedy.code(START);
    let sent = halves.into_iter().map(|half| {
        let (registry, code) = (clinic.registry.clone(), code.clone());
        tokio::spawn(async move { registry.confirm_administrator(&half, &code, START).await })
    });
    let mut accepted = 0;
    for answer in sent.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(error) => {
                let cause = Cause::AlreadyUsed { seconds_ago: 0 };
                assert_eq!(error, VerifyError::Refused(cause));
            }
        }
    }
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn the_same_submit_gets_the_same_session() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::Auditor]).await;
    let half = clinic.half(&hedy, START).await.submitted_as("submit-1".parse().unwrap());
    let first = clinic.registry.confirm_administrator(&half, &hedy.code(START), START).await;
    let second = clinic.registry.confirm_administrator(&half, &hedy.code(START), START).await;
    assert_eq!(first.unwrap(), second.unwrap());
    let other = half.submitted_as("submit-2".parse().unwrap());
    let stolen = clinic.registry.confirm_administrator(&other, &hedy.code(START), START).await;
    assert_eq!(stolen, Err(VerifyError::Registry(Error::SessionEnded)));
}

#[tokio::test]
async fn ten_wrong_codes_lock_and_the_right_one_is_then_refused() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::Auditor]).await;
    let half = clinic.half(&hedy, START).await;
    for _ in 0..10 {
        let wrong = hedy.wrong_code(START);
        let answer = clinic.registry.confirm_administrator(&half, &wrong, START).await;
        assert_eq!(answer, Err(VerifyError::Refused(Cause::Wrong)));
    }
    assert!(clinic.kinds().await.contains(&(EventKind::AdministratorLocked, Outcome::Success)));
    let answer = clinic.registry.confirm_administrator(&half, &hedy.code(START), START).await;
    let cause = Cause::Locked { until: Some(START.plus(900)), seconds_left: 900 };
    assert_eq!(answer, Err(VerifyError::Refused(cause)));
    clinic.registry.unlock_administrator(&help_desk(), &hedy.name, START).await.unwrap();
    clinic.registry.confirm_administrator(&half, &hedy.code(START), START).await.unwrap();
}

#[tokio::test]
async fn wrong_passphrases_pause_and_the_refusal_is_the_same_for_a_stranger() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::Auditor]).await;
    let try_in = async |name: &str, passphrase: &str, at| {
        clinic.registry.sign_in_administrator(name, passphrase, at, &mut rng()).await
    };
    for _ in 0..10 {
        assert_eq!(try_in("hedy", "not this one", START).await, Err(SignInError::Refused));
    }
    assert_eq!(try_in("HEDY", PASSPHRASE, START).await, Err(SignInError::Refused), "paused");
    assert_eq!(try_in("nobody", PASSPHRASE, START).await, Err(SignInError::Refused));
    assert!(try_in("hedy", PASSPHRASE, START.plus(901)).await.is_ok());
    // What a stranger types as a name may be a passphrase: it is not written down.
    let events = clinic.events().await;
    let causes = events.iter().filter_map(|event| event.what.cause.as_deref());
    assert!(causes.clone().all(|cause| !cause.contains("nobody")));
    assert!(causes.into_iter().any(|cause| cause == "administrator Hedy: wrong passphrase"));
    drop(hedy);
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once_and_keeps_the_name() {
    let clinic = Clinic::new().await;
    let hedy = clinic.administrator("Hedy", &[Role::TokenAdministrator]).await;
    let session = clinic.administering(&hedy, START).await;
    clinic.registry.remove_administrator(&help_desk(), &hedy.name, START).await.unwrap();
    let refused = clinic.registry.authorise(&session, Action::SeeTokens, START).await;
    assert_eq!(refused, Err(Error::SessionEnded));
    let mut rng = rng();
    let in_again = clinic.registry.sign_in_administrator("Hedy", PASSPHRASE, START, &mut rng);
    assert_eq!(in_again.await, Err(SignInError::Refused));
    let unlocked = clinic.registry.unlock_administrator(&help_desk(), &hedy.name, START).await;
    assert_eq!(unlocked, Err(Error::UnknownAdministrator));
    let taken = new("HEDY", &[Role::Auditor]);
    let added = clinic.registry.add_administrator(&help_desk(), taken, START, &mut rng).await;
    assert_eq!(added.unwrap_err(), Error::AdministratorExists);
}

#[tokio::test]
async fn no_prescriber_and_no_stranger_makes_an_administrator() {
    let clinic = Clinic::with_ada().await;
    for actor in [Actor::Prescriber { npi: ada() }, Actor::Stranger, Actor::App] {
        let wanted = new("Eve", &[Role::TokenAdministrator]);
        let added = clinic.registry.add_administrator(&actor, wanted, START, &mut rng()).await;
        assert_eq!(added.unwrap_err(), Error::NotAllowed);
    }
    assert_eq!(clinic.registry.administrators().await.unwrap(), []);
}

#[tokio::test]
async fn accounts_are_found_by_any_part_of_npi_name_or_mail() {
    let clinic = Clinic::with_ada().await;
    clinic.open_account(crate::clinic::ben()).await;
    let found = async |text: &str| {
        let found = clinic.registry.accounts_with(text, None, 10).await.unwrap();
        found.into_iter().map(|account| account.npi).collect::<Vec<_>>()
    };
    let (ada, ben) = (ada(), crate::clinic::ben());
    assert_eq!(found("").await, [ada, ben]);
    assert_eq!(found("LOVE").await, [ada, ben]);
    assert_eq!(found("45678").await, [ada]);
    assert_eq!(found(" ada@example ").await, [ada, ben]);
    for nobody in ["%", "_", "\\", "'", "Grace"] {
        assert_eq!(found(nobody).await, [], "{nobody}");
    }
    let after = clinic.registry.accounts_with("", Some(ada), 10).await.unwrap();
    assert_eq!(after.into_iter().map(|account| account.npi).collect::<Vec<_>>(), [ben]);
}
