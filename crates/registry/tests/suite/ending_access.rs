//! Two people end a prescriber's access: nothing of it is left but the record.

use oath::UnixTime;
use registry::{
    AccessError, AssociateError, Cause, Error, EventKind, Outcome, Purpose, RequestState,
    RequestedBy, SignInError, TokenState, VerifyError, Wanted,
    access::{AccessOrder, AccessState, NewAccess},
    rules::access::AccessRefusal,
};

use crate::{
    clinic::{App, Clinic, PASSPHRASE, START, ada, help_desk, label, rng},
    interleaving::{Before, interrupted},
    passphrase_reset::reset,
    requesting::order,
    two_people::{activation, execute_on, key, proved_activation, with_token},
};

const NOW: UnixTime = UnixTime(START.0 + 60);

fn end(id: &str) -> NewAccess {
    let order = AccessOrder::End { reason: label("left the clinic") };
    NewAccess { id: key(id), npi: ada(), order, passphrase: None }
}

async fn sign_in(clinic: &Clinic) -> Result<(), SignInError> {
    clinic.registry.sign_in("1234567893", PASSPHRASE, NOW, &mut rng()).await.map(drop)
}

#[tokio::test]
async fn all_that_opens_anything_ends_at_once_and_the_record_stays() {
    let (clinic, phone, [ines, rosa]) = with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let (link, _) = clinic.begin(ada(), NOW).await;
    let (actor, npi) = (help_desk(), ada());
    let by = || RequestedBy::HelpDesk { actor: &actor, npi };
    let made = clinic.registry.request_tokens(by(), &order(Wanted::Soft), NOW, &mut rng()).await;
    let session = clinic.half_session(ada(), NOW).await;
    clinic.enter(&ines, reset("r"), NOW).await.unwrap();
    clinic.enter(&ines, end("e"), NOW).await.unwrap();
    assert!(sign_in(&clinic).await.is_ok(), "nothing has ended yet");
    let own = clinic.execute(&ines, "e", "s", NOW).await.unwrap_err();
    assert!(matches!(own, AccessError::Registry(Error::NotYourRole { .. })));

    for _ in 0..2 {
        let done = clinic.execute(&rosa, "e", "s", NOW).await.unwrap();
        assert_eq!((done.change.state, done.shown.is_none()), (AccessState::Executed, true));
    }
    for app in [&phone, &tablet] {
        assert_eq!(clinic.token(app, NOW).await.state, TokenState::Deactivated);
        let at = NOW.plus(60);
        let code = app.code(at);
        let judged =
            clinic.registry.verify(&ada(), &app.serial(), &code, Purpose::Signing, at).await;
        let state = TokenState::Deactivated;
        assert_eq!(judged, Err(VerifyError::Refused(Cause::NotActive { state })));
    }
    let request = made.unwrap().remove(0).id;
    let request = clinic.registry.request(request).await.unwrap().unwrap();
    assert_eq!(request.state, RequestState::Cancelled);
    let late = clinic.send(&App::new("Late").seal(&link), NOW).await;
    assert_eq!(late.unwrap_err(), Error::ActivationExpired);
    let form = tablet.form(NOW);
    let unsigned = clinic.registry.associate(&session, &form, NOW).await;
    assert_eq!(unsigned, Err(AssociateError::Registry(Error::SessionEnded)));
    let waited = clinic.registry.access(&key("r"), NOW).await.unwrap().unwrap();
    assert_eq!(waited.state, AccessState::Declined, "nothing that waited opens it again");
    assert_eq!(sign_in(&clinic).await, Err(SignInError::Refused), "as for an unknown account");

    let account = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.access_ended, Some(NOW));
    let events = clinic.events().await;
    let of = |kind| {
        let found = events
            .iter()
            .filter(move |event| event.what.kind == kind && event.what.outcome == Outcome::Success);
        found.map(|event| event.what.clone()).collect::<Vec<_>>()
    };
    let ended = of(EventKind::AccessEnded).remove(0);
    assert_eq!(ended.actor.to_string(), "administrator Rosa");
    assert_eq!(ended.cause.as_deref(), Some("left the clinic"));
    let deactivated = of(EventKind::TokenDeactivated);
    assert_eq!(deactivated.len(), 2);
    assert_eq!(deactivated[0].cause.as_deref(), Some("access ended: left the clinic"));
    assert_eq!(of(EventKind::RequestCancelled).len(), 1);
    assert_eq!(of(EventKind::AccessDeclined).len(), 1);
    let refused = &events[0].what;
    assert_eq!(refused.cause.as_deref(), Some("access ended"), "the audit knows why");
}

#[tokio::test]
async fn access_comes_back_by_two_people_with_new_proofing_only() {
    let (clinic, _, [ines, rosa]) = with_token().await;
    clinic.enter(&ines, end("e"), NOW).await.unwrap();
    clinic.execute(&rosa, "e", "s", NOW).await.unwrap();
    for new in [end("again"), reset("r")] {
        let refused = clinic.enter(&ines, new, NOW).await;
        assert_eq!(refused.unwrap_err(), AccessRefusal::Ended.into());
    }
    let refused = clinic.enter(&ines, activation("a"), NOW).await;
    assert_eq!(refused.unwrap_err(), AccessRefusal::NeedsProofing.into());
    let alone = clinic.try_begin(&help_desk(), ada(), 3600, NOW).await;
    assert_eq!(alone.unwrap_err(), Error::NeedsProofing);
    let proved = proved_activation("b", Some("Ines saw the licence"));
    clinic.enter(&ines, proved, NOW).await.unwrap();
    assert_eq!(sign_in(&clinic).await, Err(SignInError::Refused), "not by one person");
    let shown = clinic.execute(&rosa, "b", "s", NOW).await.unwrap().shown.unwrap();
    let code = shown.expose_confirmation().parse().unwrap();
    clinic.confirmed(ada(), &code, NOW).await;
    let account = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.access_ended, None);
}

/// Somebody who never had a token has none to lose, and still gets nothing without new proofing.
#[tokio::test]
async fn access_that_never_had_a_token_ends_too() {
    let (clinic, [ines, rosa]) = crate::two_people::enterer_and_registrant().await;
    clinic.open_account(ada()).await;
    clinic.enter(&ines, activation("a"), NOW).await.unwrap();
    clinic.enter(&ines, end("e"), NOW).await.unwrap();
    clinic.execute(&rosa, "e", "s", NOW).await.unwrap();
    let waited = clinic.execute(&rosa, "a", "s", NOW).await.unwrap_err();
    assert_eq!(waited, AccessRefusal::NotPending(AccessState::Declined).into());
    let refused = clinic.enter(&ines, activation("b"), NOW).await;
    assert_eq!(refused.unwrap_err(), AccessRefusal::NeedsProofing.into());
}

#[tokio::test]
async fn a_token_that_is_added_meanwhile_is_deactivated_too() {
    let (clinic, phone, [ines, rosa]) = with_token().await;
    let tablet = App::new("Tablet");
    let (link, _) = clinic.begin(ada(), NOW).await;
    clinic.send(&tablet.seal(&link), NOW).await.unwrap();
    let session = clinic.by_token(ada(), &phone, NOW).await;
    clinic.enter(&ines, end("e"), NOW).await.unwrap();
    let meanwhile = {
        let (registry, form) = (clinic.registry.clone(), tablet.form(NOW));
        async move { drop(registry.associate(&session, &form, NOW).await.unwrap()) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let done = execute_on(&late, &rosa, ("e", "s"), NOW).await;
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(clinic.token(&tablet, NOW).await.state, TokenState::Deactivated);
}

#[tokio::test]
async fn a_sign_in_that_is_judged_meanwhile_opens_nothing() {
    let (clinic, _, [ines, rosa]) = with_token().await;
    clinic.enter(&ines, end("e"), NOW).await.unwrap();
    let registry = clinic.registry.clone();
    let meanwhile = async move {
        execute_on(&registry, &rosa, ("e", "s"), NOW).await.unwrap();
    };
    // The second commit of a sign-in is the one that begins the session.
    let late = interrupted(&clinic, Before::SecondCommit, meanwhile).await;
    let refused = late.sign_in("1234567893", PASSPHRASE, NOW, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), SignInError::Refused);
}
