//! Identity proofing that starts again once the last token is gone, on every path.

use oath::UnixTime;
use provisioning::PinPolicy;
use registry::{
    ConfirmError, DeactivationReason, Error, EventKind, ProofingAsked, Role,
    access::{AccessOrder, NewAccess},
};

use crate::{
    clinic::{App, Clinic, START, ada, help_desk},
    two_people::shown_by,
};

const DAY: u64 = 24 * 3600;

/// A clinic at which Ada had a token and has none left.
async fn with_none_left() -> Clinic {
    let (clinic, app) = Clinic::with_token().await;
    let lost = DeactivationReason::Lost;
    clinic.registry.deactivate_token(&help_desk(), &app.serial(), lost, START).await.unwrap();
    clinic
}

async fn asked(clinic: &Clinic, now: UnixTime) -> ProofingAsked {
    clinic.registry.proofing_asked(&ada(), now).await.unwrap()
}

#[tokio::test]
async fn the_command_line_needs_a_new_record_once_the_last_token_is_gone() {
    let (clinic, app) = Clinic::with_token().await;
    let desk = help_desk();
    let begin = |proofing| clinic.try_begin_proved(&desk, ada(), DAY, proofing, START);
    assert_eq!(begin(Some("licence seen")).await.unwrap_err(), Error::ProofingStands);
    let lost = DeactivationReason::Lost;
    clinic.registry.deactivate_token(&desk, &app.serial(), lost, START).await.unwrap();
    assert_eq!(asked(&clinic, START).await, ProofingAsked::NewRecord);
    assert_eq!(begin(None).await.unwrap_err(), Error::NeedsProofing);
    begin(Some("licence seen")).await.unwrap();
    let account = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.proofing.as_str(), "licence seen");
    let events = clinic.events().await;
    let proved = events.iter().find(|event| event.what.kind == EventKind::IdentityProved);
    assert_eq!(proved.unwrap().what.cause.as_deref(), Some("licence seen"));
}

#[tokio::test]
async fn the_proofing_of_an_open_activation_holds_for_a_new_code_and_no_longer_than_it() {
    let clinic = with_none_left().await;
    let desk = help_desk();
    let begin = |proofing, now| clinic.try_begin_proved(&desk, ada(), 5 * DAY, proofing, now);
    let first = begin(Some("licence seen"), START).await.unwrap();
    let later = START.plus(3 * DAY);
    let half = clinic.half_session(ada(), later).await;
    let lapsed = clinic.registry.confirm(&half, &first.confirmation, later).await;
    assert_eq!(lapsed.unwrap_err(), ConfirmError::NoOpenActivation);

    assert_eq!(asked(&clinic, later).await, ProofingAsked::HeldUntil(START.plus(5 * DAY)));
    let second = begin(None, later).await.unwrap();
    assert_eq!(second.link.expires, START.plus(5 * DAY), "no longer than the proofing holds");
    let secret = clinic.registry.confirm(&half, &second.confirmation, later).await;
    assert!(secret.unwrap().is_some());
    let over = START.plus(5 * DAY + 1);
    assert_eq!(begin(None, over).await.unwrap_err(), Error::NeedsProofing);
    let anew = begin(Some("licence seen again"), later).await.unwrap();
    assert_eq!(anew.link.expires, later.plus(5 * DAY));
}

#[tokio::test]
async fn two_people_give_a_new_code_on_the_proofing_of_the_open_activation() {
    let clinic = with_none_left().await;
    let ines = clinic.administrator("Ines", &[Role::AccessAdministrator]).await;
    let rosa = clinic.administrator("Rosa", &[Role::Registrant]).await;
    let order = |proofing: Option<&str>| AccessOrder::Activation {
        valid_for: 7 * DAY,
        pin: PinPolicy::default(),
        proofing: proofing.map(|record| record.parse().unwrap()),
    };
    let both = async |id: &str, proofing, now| {
        let (enters, executes) =
            (clinic.administering(&ines, now).await, clinic.administering(&rosa, now).await);
        let id = id.parse().unwrap();
        let new = NewAccess { id, npi: ada(), order: order(proofing), passphrase: None };
        let change = clinic.enter(&enters, new, now).await.unwrap();
        shown_by(&clinic, &executes, change.id.as_str(), now).await
    };
    both("a", Some("Ines saw the licence"), START).await;
    let later = START.plus(3 * DAY);
    let (link, code) = both("b", None, later).await;
    assert_eq!(link.expires, START.plus(7 * DAY));
    clinic.confirmed(ada(), &code, later).await;
    let new = App::new("New phone");
    clinic.send(&new.seal(&link), later).await.unwrap();
    let events = clinic.events().await;
    let kinds = events.iter().map(|event| event.what.kind);
    assert_eq!(kinds.filter(|kind| *kind == EventKind::IdentityProved).count(), 1);
}
