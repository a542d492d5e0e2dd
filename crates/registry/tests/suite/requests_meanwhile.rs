//! Somebody else is first: between what a decision on a request has read and its commit.

use oath::UnixTime;
use registry::{
    AssociateError, DeactivationReason, EventKind, Replacement, RequestError, RequestState,
    RequestedBy, TokenState, Wanted, rules::request_states::RequestEvent,
};

use crate::{
    clinic::{App, START, ada, help_desk, rng},
    interleaving::{Before, interrupted},
    requesting::{
        at_the_dashboard, enrolment, lands, mailed, make, processing, replacement, state,
    },
};

const NOW: UnixTime = UnixTime(START.0 + 60);

#[tokio::test]
async fn the_same_replacement_meanwhile_is_one() {
    for before in [Before::TokensOf, Before::Commit] {
        let (clinic, phone, session) = at_the_dashboard().await;
        let form = replacement(phone.serial(), DeactivationReason::Faulty);
        let form = Replacement { last_one_meant: true, ..form };
        let meanwhile = {
            let (registry, session, form) =
                (clinic.registry.clone(), session.clone(), form.clone());
            async move {
                let by = RequestedBy::Session(&session);
                registry.replace_token(by, &form, NOW, &mut rng()).await.unwrap();
            }
        };
        let late = interrupted(&clinic, before, meanwhile).await;
        let by = RequestedBy::Session(&session);
        let answer = late.replace_token(by, &form, NOW, &mut rng()).await.unwrap();
        assert_eq!(clinic.registry.requests(&ada()).await.unwrap(), [answer]);
        let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
        assert_eq!(kinds.filter(|kind| *kind == EventKind::TokenDeactivated).count(), 1);
    }
}

#[tokio::test]
async fn a_request_that_is_processed_meanwhile_is_not_edited() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let meanwhile = {
        let registry = clinic.registry.clone();
        async move {
            let processed = registry
                .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
                .await;
            drop(processed.unwrap());
        }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let mail = "late@example.org".parse().unwrap();
    let refused = late.edit_request(&session, request.id, &mail, None, NOW).await.unwrap_err();
    let (event, state) = (RequestEvent::Edit, RequestState::Processed);
    assert_eq!(refused, RequestError::NotPossible { event, state });
}

#[tokio::test]
async fn a_request_that_is_cancelled_meanwhile_is_not_activated() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    clinic
        .registry
        .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
        .await
        .unwrap();
    let link = mailed(&clinic, &request, NOW).await;
    let tablet = App::new("Tablet");
    clinic.send(&tablet.seal(&enrolment(lands(&clinic, &link, NOW).await)), NOW).await.unwrap();
    let meanwhile = {
        let (registry, session, id) = (clinic.registry.clone(), session.clone(), request.id);
        async move {
            let by = RequestedBy::Session(&session);
            registry.cancel_request(by, id, NOW).await.unwrap();
        }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let refused = late.associate(&session, &tablet.form(NOW), NOW).await;
    assert_eq!(refused.unwrap_err(), AssociateError::EarlierEnrolment);
    assert_eq!(state(&clinic, &request).await, RequestState::Cancelled);
    assert_eq!(clinic.token(&tablet, NOW).await.state, TokenState::Provisioned);
}
