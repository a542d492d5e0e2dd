//! What opens a prescriber's access takes two people, and nobody gets to know all of it.

use oath::UnixTime;
use provisioning::{EnrolmentLink, IssuerName, PinPolicy, ServerUrl};
use registry::{
    AccessError, AdministratorSession, ConfirmError, ConfirmationCode, DeactivationReason, Error,
    EventKind, IdempotencyKey, Outcome, Passphrase, Registry, Role,
    access::{AccessChange, AccessOrder, AccessState, ExecutedAccess, NewAccess},
    rules::access::{AccessRefusal, SHOWN_AGAIN, WAITS},
};

use crate::clinic::{App, Clinic, PASSPHRASE, START, ada, help_desk, label, rng};

const BOTH: [Role; 2] = [Role::AccessAdministrator, Role::Registrant];

/// A clinic with people of these roles, signed in.
pub(crate) async fn clinic_of<const N: usize>(
    people: [(&str, &[Role]); N],
) -> (Clinic, [AdministratorSession; N]) {
    let clinic = Clinic::new().await;
    let mut sessions = Vec::new();
    for (name, roles) in people {
        let who = clinic.administrator(name, roles).await;
        sessions.push(clinic.administering(&who, START).await);
    }
    (clinic, sessions.try_into().unwrap())
}

/// Ines, who enters, and Rosa, who executes.
pub(crate) async fn entering_at(clinic: &Clinic) -> [AdministratorSession; 2] {
    let ines = clinic.administrator("Ines", &[Role::AccessAdministrator]).await;
    let rosa = clinic.administrator("Rosa", &[Role::Registrant]).await;
    [clinic.administering(&ines, START).await, clinic.administering(&rosa, START).await]
}

/// A clinic at which Ines enters and Rosa executes.
pub(crate) async fn enterer_and_registrant() -> (Clinic, [AdministratorSession; 2]) {
    clinic_of([("Ines", &[Role::AccessAdministrator]), ("Rosa", &[Role::Registrant])]).await
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

pub(crate) fn account(id: &str) -> NewAccess {
    NewAccess {
        id: key(id),
        npi: ada(),
        order: AccessOrder::Account {
            name: label("Ada Lovelace"),
            mail: "ada@example.org".parse().unwrap(),
            phone: None,
            own_id: None,
            address: None,
            proofing: "Ines saw the passport".parse().unwrap(),
        },
        passphrase: Some(Passphrase::parse(PASSPHRASE).unwrap()),
    }
}

pub(crate) fn activation(id: &str) -> NewAccess {
    proved_activation(id, None)
}

pub(crate) fn proved_activation(id: &str, proofing: Option<&str>) -> NewAccess {
    let proofing = proofing.map(|record| record.parse().unwrap());
    let (valid_for, pin) = (24 * 3600, PinPolicy::default());
    let order = AccessOrder::Activation { valid_for, pin, proofing };
    NewAccess { id: key(id), npi: ada(), order, passphrase: None }
}

/// Executes on a registry: what has this ID, by this submit.
pub(crate) async fn execute_on(
    registry: &Registry,
    by: &AdministratorSession,
    (id, submit): (&str, &str),
    now: UnixTime,
) -> Result<ExecutedAccess, AccessError> {
    let server: ServerUrl = "https://clinic.example".parse().unwrap();
    let issuer: IssuerName = label("Example Clinic");
    let place = (&server, &issuer);
    registry.execute_access(by, &key(id), &key(submit), place, now, &mut rng()).await
}

impl Clinic {
    pub(crate) async fn enter(
        &self,
        by: &AdministratorSession,
        new: NewAccess,
        now: UnixTime,
    ) -> Result<AccessChange, AccessError> {
        self.registry.enter_access(by, new, now, &mut rng()).await
    }

    pub(crate) async fn execute(
        &self,
        by: &AdministratorSession,
        id: &str,
        submit: &str,
        now: UnixTime,
    ) -> Result<ExecutedAccess, AccessError> {
        execute_on(&self.registry, by, (id, submit), now).await
    }
}

/// What an activation shows to whoever executes it.
pub(crate) async fn shown_by(
    clinic: &Clinic,
    by: &AdministratorSession,
    id: &str,
    now: UnixTime,
) -> (EnrolmentLink, ConfirmationCode) {
    let shown = clinic.execute(by, id, "s", now).await.unwrap().shown.unwrap();
    let link = EnrolmentLink::parse(shown.expose_link()).unwrap();
    (link, shown.expose_confirmation().parse().unwrap())
}

#[tokio::test]
async fn one_enters_another_executes_from_account_to_token() {
    let (clinic, [ines, rosa]) =
        clinic_of([("Ines", &[Role::AccessAdministrator]), ("Rosa", &[Role::Registrant])]).await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    assert_eq!(clinic.registry.account(&ada()).await.unwrap(), None, "nothing is open yet");
    let early = clinic.enter(&ines, activation("b"), START).await;
    assert_eq!(early, Err(Error::UnknownAccount.into()));
    let executed = clinic.execute(&rosa, "a", "s", START).await.unwrap();
    assert_eq!((executed.change.state, executed.shown.is_none()), (AccessState::Executed, true));
    let opened = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(opened.proofing.as_str(), "Ines saw the passport");

    clinic.enter(&ines, activation("b"), START).await.unwrap();
    let shown = clinic.execute(&rosa, "b", "s", START).await.unwrap().shown.unwrap();
    let link = EnrolmentLink::parse(shown.expose_link()).unwrap();
    let app = App::new("Phone");
    clinic.send(&app.seal(&link), START).await.unwrap();
    let code = shown.expose_confirmation().parse().unwrap();
    let session = clinic.confirmed(ada(), &code, START).await;
    clinic.registry.associate(&session, &app.form(START), START).await.unwrap();

    let events = clinic.events().await;
    let of = |kind| {
        let found = events.iter().rev().filter(move |event| event.what.kind == kind);
        found.map(|event| event.what.actor.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(EventKind::AccessEntered), ["administrator Ines", "administrator Ines"]);
    assert_eq!(of(EventKind::AccessExecuted), ["administrator Rosa", "administrator Rosa"]);
    assert_eq!(of(EventKind::AccountOpened), ["administrator Rosa"]);
    assert_eq!(of(EventKind::ActivationBegun), ["administrator Rosa"]);
}

#[tokio::test]
async fn nobody_executes_what_they_entered_nor_sees_both_secrets() {
    let (clinic, [ines, rosa]) = clinic_of([("Ines", &BOTH), ("Rosa", &BOTH)]).await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    let own = clinic.execute(&ines, "a", "s", START).await;
    assert_eq!(own.unwrap_err(), AccessRefusal::OwnEntry.into());
    let event = clinic.events().await.remove(0).what;
    assert_eq!((event.kind, event.outcome), (EventKind::AccessExecuted, Outcome::Refused));
    assert_eq!(event.cause.as_deref(), Some("own entry"));
    clinic.execute(&rosa, "a", "s", START).await.unwrap();

    // Ines knows the passphrase: so she does not see the activation, though Rosa entered it.
    clinic.enter(&rosa, activation("b"), START).await.unwrap();
    let both = clinic.execute(&ines, "b", "s", START).await;
    assert_eq!(both.unwrap_err(), AccessRefusal::KnowsPassphrase.into());
    let own = clinic.execute(&rosa, "b", "s", START).await;
    assert_eq!(own.unwrap_err(), AccessRefusal::OwnEntry.into());
}

#[tokio::test]
async fn only_the_right_roles_enter_and_execute() {
    let (clinic, [ines, rosa, hedy]) = clinic_of([
        ("Ines", &[Role::AccessAdministrator]),
        ("Rosa", &[Role::Registrant]),
        ("Hedy", &[Role::TokenAdministrator]),
    ])
    .await;
    for nobody in [&rosa, &hedy] {
        let entered = clinic.enter(nobody, account("a"), START).await.unwrap_err();
        assert!(matches!(entered, AccessError::Registry(Error::NotYourRole { .. })));
    }
    clinic.enter(&ines, account("a"), START).await.unwrap();
    for nobody in [&ines, &hedy] {
        let executed = clinic.execute(nobody, "a", "s", START).await.unwrap_err();
        assert!(matches!(executed, AccessError::Registry(Error::NotYourRole { .. })));
    }
    let stale = clinic.execute(&rosa, "a", "s", START.plus(900)).await;
    assert!(stale.is_ok(), "a code of the last twenty minutes is fresh");
}

#[tokio::test]
async fn the_same_submit_shows_the_same_for_a_while_and_no_other_does() {
    let (clinic, [ines, rosa]) = clinic_of([("Ines", &BOTH), ("Rosa", &BOTH)]).await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    clinic.execute(&rosa, "a", "s", START).await.unwrap();
    clinic.enter(&ines, activation("b"), START).await.unwrap();
    let again = clinic.enter(&ines, activation("b"), START).await.unwrap();
    assert_eq!(again.state, AccessState::Pending, "entered once");
    let shown = async |who, submit, at| {
        let executed = clinic.execute(who, "b", submit, START.plus(at)).await?;
        let shown = executed.shown.unwrap();
        Ok((shown.expose_link().to_owned(), shown.expose_confirmation().to_owned()))
    };
    let first = shown(&rosa, "s", 0).await;
    assert_eq!(shown(&rosa, "s", SHOWN_AGAIN).await, first);
    let over = Err(AccessError::from(AccessRefusal::NotPending(AccessState::Executed)));
    assert_eq!(shown(&rosa, "other", 1).await, over);
    assert_eq!(shown(&rosa, "s", SHOWN_AGAIN + 1).await, over);
    assert_eq!(shown(&ines, "s", 1).await, over);
    let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
    assert_eq!(kinds.filter(|kind| *kind == EventKind::ActivationBegun).count(), 1);
}

#[tokio::test]
async fn of_two_who_execute_at_once_one_does() {
    let (clinic, [ines, rosa, eva]) = clinic_of([
        ("Ines", &[Role::AccessAdministrator]),
        ("Rosa", &[Role::Registrant]),
        ("Eva", &[Role::Registrant]),
    ])
    .await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    clinic.execute(&rosa, "a", "s", START).await.unwrap();
    clinic.enter(&ines, activation("b"), START).await.unwrap();
    let (one, other) =
        tokio::join!(clinic.execute(&rosa, "b", "r", START), clinic.execute(&eva, "b", "e", START));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn what_is_declined_or_waited_too_long_is_not_executed_and_can_be_entered_anew() {
    let (clinic, [ines, rosa]) =
        clinic_of([("Ines", &[Role::AccessAdministrator]), ("Rosa", &[Role::Registrant])]).await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    let twice = clinic.enter(&ines, account("b"), START).await;
    assert_eq!(twice, Err(AccessRefusal::EnteredAlready.into()));
    let reason = label("the passport had expired");
    for _ in 0..2 {
        let declined = clinic.registry.decline_access(&rosa, &key("a"), &reason, START).await;
        assert_eq!(declined.unwrap().state, AccessState::Declined);
    }
    let late = clinic.execute(&rosa, "a", "s", START).await;
    let over = AccessRefusal::NotPending(AccessState::Declined);
    assert_eq!(late.unwrap_err(), over.into());

    clinic.enter(&ines, account("c"), START).await.unwrap();
    let own = clinic.registry.decline_access(&ines, &key("c"), &reason, START).await;
    assert_eq!(own.unwrap().state, AccessState::Declined, "one takes back what one entered");
    clinic.enter(&ines, account("d"), START).await.unwrap();
    let listed = clinic.registry.access_changes(10, START.plus(WAITS)).await.unwrap();
    let states: Vec<_> = listed.iter().map(|change| change.state).collect();
    assert_eq!(states, [AccessState::Pending, AccessState::Declined, AccessState::Declined]);
    let listed = clinic.registry.access_changes(10, START.plus(WAITS + 1)).await.unwrap();
    assert!(listed.iter().any(|change| change.state == AccessState::Expired));
    assert_eq!(clinic.registry.account(&ada()).await.unwrap(), None);
    assert_eq!(clinic.registry.access(&key("none"), START).await.unwrap(), None);
}

/// A clinic of Ines and Rosa at which Ada has a token.
pub(crate) async fn with_token() -> (Clinic, App, [AdministratorSession; 2]) {
    let (clinic, people) = enterer_and_registrant().await;
    clinic.open_account(ada()).await;
    let phone = App::new("Phone");
    clinic.enrol_first(ada(), &phone, START).await;
    (clinic, phone, people)
}

async fn give_up(clinic: &Clinic, phone: &App) {
    let (serial, lost) = (phone.serial(), DeactivationReason::Lost);
    clinic.registry.deactivate_token(&help_desk(), &serial, lost, START).await.unwrap();
}

#[tokio::test]
async fn once_the_last_token_is_gone_two_people_open_access_with_new_proofing_only() {
    let (clinic, phone, [ines, rosa]) = with_token().await;
    let stands = AccessError::from(AccessRefusal::ProofingStands);
    let needed = AccessError::from(AccessRefusal::NeedsProofing);
    let rewritten = clinic.enter(&ines, proved_activation("a", Some("nobody")), START).await;
    assert_eq!(rewritten.unwrap_err(), stands, "the record of whoever has a token stands");
    clinic.enter(&ines, activation("b"), START).await.unwrap();

    give_up(&clinic, &phone).await;
    let late = clinic.execute(&rosa, "b", "s", START).await;
    assert_eq!(late.unwrap_err(), needed, "it was entered before");
    let refused = clinic.events().await.remove(0).what;
    assert_eq!(refused.cause.as_deref(), Some("needs identity proofing"));
    let reason = label("proofing first");
    clinic.registry.decline_access(&rosa, &key("b"), &reason, START).await.unwrap();
    assert_eq!(clinic.enter(&ines, activation("c"), START).await.unwrap_err(), needed);

    let proved = || proved_activation("d", Some("Ines saw the licence"));
    clinic.enter(&ines, proved(), START).await.unwrap();
    let account = async || clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account().await.proofing.as_str(), "Hedy saw the passport", "not by one person");
    let shown = clinic.execute(&rosa, "d", "s", START).await.unwrap().shown.unwrap();
    assert_eq!(account().await.proofing.as_str(), "Ines saw the licence");
    let code = shown.expose_confirmation().parse().unwrap();
    clinic.confirmed(ada(), &code, START).await;
    let events = clinic.events().await;
    let proved = events.iter().find(|event| event.what.kind == EventKind::IdentityProved).unwrap();
    assert_eq!(proved.what.actor.to_string(), "administrator Rosa");
    assert_eq!(proved.what.cause.as_deref(), Some("Ines saw the licence"));
    let stored = clinic.registry.access(&key("d"), START).await.unwrap().unwrap();
    assert_eq!(stored.order.proofing().unwrap().as_str(), "Ines saw the licence");
}

#[tokio::test]
async fn a_code_that_was_begun_beside_a_token_opens_nothing_once_that_token_is_gone() {
    let (clinic, phone, [ines, rosa]) = with_token().await;
    clinic.enter(&ines, activation("a"), START).await.unwrap();
    let shown = clinic.execute(&rosa, "a", "s", START).await.unwrap().shown.unwrap();
    give_up(&clinic, &phone).await;
    let code = shown.expose_confirmation().parse().unwrap();
    let session = clinic.half_session(ada(), START).await;
    let refused = clinic.registry.confirm(&session, &code, START).await;
    assert_eq!(refused.unwrap_err(), ConfirmError::NoOpenActivation);
}

#[tokio::test]
async fn the_form_of_an_entry_enters_nothing_else_and_gets_its_answer_after_the_execution() {
    let (clinic, [ines, rosa]) = enterer_and_registrant().await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    let mut corrected = account("a");
    if let AccessOrder::Account { mail, .. } = &mut corrected.order {
        *mail = "other@example.org".parse().unwrap();
    }
    let refused = clinic.enter(&ines, corrected, START).await;
    assert_eq!(refused.unwrap_err(), AccessRefusal::FormUsed.into());
    let passphrase = Passphrase::parse("another horse battery").ok();
    let other = NewAccess { passphrase, ..account("a") };
    let refused = clinic.enter(&ines, other, START).await;
    assert_eq!(refused.unwrap_err(), AccessRefusal::FormUsed.into(), "nothing is kept silently");
    let again = clinic.enter(&ines, account("a"), START).await.unwrap();
    assert_eq!(again.state, AccessState::Pending);
    clinic.execute(&rosa, "a", "s", START).await.unwrap();
    let again = clinic.enter(&ines, account("a"), START).await.unwrap();
    assert_eq!(again.state, AccessState::Executed);
}

#[tokio::test]
async fn an_account_that_was_opened_meanwhile_is_told_to_whoever_executes() {
    let (clinic, [ines, rosa]) = enterer_and_registrant().await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    clinic.open_account(ada()).await;
    let late = clinic.execute(&rosa, "a", "s", START).await;
    assert_eq!(late.unwrap_err(), Error::AccountExists.into());
}

#[tokio::test]
async fn what_nobody_decides_in_time_is_recorded_as_expired() {
    let (clinic, [ines, _]) = enterer_and_registrant().await;
    clinic.enter(&ines, account("a"), START).await.unwrap();
    let kinds = async || {
        let events = clinic.events().await.into_iter();
        events.filter(|event| event.what.kind == EventKind::AccessExpired).count()
    };
    clinic.registry.tidy_access(START.plus(WAITS)).await.unwrap();
    assert_eq!(kinds().await, 0);
    for _ in 0..2 {
        clinic.registry.tidy_access(START.plus(WAITS + 1)).await.unwrap();
        assert_eq!(kinds().await, 1);
    }
    let event = clinic.events().await.remove(0).what;
    assert_eq!(event.actor.to_string(), "system");
    assert_eq!(event.cause.as_deref(), Some("account entered by Ines"));
    let record = clinic.store.access(&key("a")).await.unwrap().unwrap();
    assert_eq!((record.change.state, record.passphrase_hash), (AccessState::Expired, None));
}

#[tokio::test]
async fn what_an_execution_showed_is_forgotten_once_it_is_shown_to_nobody() {
    let (clinic, [ines, rosa]) = clinic_of([("Ines", &BOTH), ("Rosa", &BOTH)]).await;
    clinic.open_account(ada()).await;
    clinic.enter(&ines, activation("b"), START).await.unwrap();
    clinic.execute(&rosa, "b", "s", START).await.unwrap();
    let kept = async |now| {
        clinic.registry.tidy_access(now).await.unwrap();
        clinic.store.access(&key("b")).await.unwrap().unwrap().sealed_shown.is_some()
    };
    assert!(kept(START.plus(SHOWN_AGAIN)).await);
    clinic.execute(&rosa, "b", "s", START.plus(SHOWN_AGAIN)).await.unwrap();
    assert!(!kept(START.plus(SHOWN_AGAIN + 1)).await);
}

#[tokio::test]
async fn nobody_enters_an_activation_that_is_good_for_more_than_thirty_days() {
    let (clinic, [ines, _]) = enterer_and_registrant().await;
    clinic.open_account(ada()).await;
    let mut long = activation("b");
    if let AccessOrder::Activation { valid_for, .. } = &mut long.order {
        *valid_for = 31 * 24 * 3600;
    }
    let refused = clinic.enter(&ines, long, START).await;
    assert_eq!(refused.unwrap_err(), Error::ValidForTooLong.into());
}

#[tokio::test]
async fn entering_anew_what_expired_records_that_it_did() {
    let clinic = Clinic::new().await;
    let ines = clinic.administrator("Ines", &[Role::AccessAdministrator]).await;
    for (id, now) in [("a", START), ("b", START.plus(WAITS + 60))] {
        let session = clinic.administering(&ines, now).await;
        clinic.enter(&session, account(id), now).await.unwrap();
    }
    let events = clinic.events().await;
    let last: Vec<_> = events.iter().take(2).map(|event| event.what.kind).collect();
    assert_eq!(last, [EventKind::AccessEntered, EventKind::AccessExpired]);
}
