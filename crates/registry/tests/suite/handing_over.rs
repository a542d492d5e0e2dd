//! Moving a token to a new phone: what it takes, when the old token ends, and what ends the move.

use oath::UnixTime;
use provisioning::{AppAsk, AppTokenState, EnrolmentLink, IssuerName, ServerUrl};
use registry::{
    Actor, AssociateError, Cause, DeactivationReason, Error, EventKind, Handover, HandoverStage,
    IdempotencyKey, Npi, Purpose, RequestedBy, Seen, Session, Token, TokenOrder, TokenState,
    Wanted, rules::handover::LINK_VALID_FOR,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label, rng},
    interleaving::{Before, interrupted},
    reporting::two_tokens,
};

const NOW: UnixTime = UnixTime(START.0 + 120);

fn key() -> IdempotencyKey {
    IdempotencyKey::generate(&mut rng())
}

fn place() -> (ServerUrl, IssuerName) {
    ("https://clinic.example".parse().unwrap(), label("Example Clinic"))
}

impl Clinic {
    pub(crate) async fn begin_move(
        &self,
        session: &Session,
        old: &App,
        now: UnixTime,
    ) -> Result<Handover, AssociateError> {
        let (server, issuer) = place();
        let place = (&server, &issuer);
        self.registry.begin_handover(session, &old.serial(), place, now, &mut rng()).await
    }

    pub(crate) async fn move_link(
        &self,
        session: &Session,
        old: &App,
        now: UnixTime,
    ) -> Option<EnrolmentLink> {
        let (server, issuer) = place();
        let (serial, place) = (old.serial(), (&server, &issuer));
        self.registry.handover_link(session, &serial, place, now).await.unwrap()
    }

    pub(crate) async fn finish_move(
        &self,
        session: &Session,
        (old, new): (&App, &App),
        key: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        let (serial, code, issuer) = (old.serial(), new.code(now), place().1);
        self.registry
            .finish_handover(session, &serial, (&issuer, Seen::default()), &code, key, now)
            .await
    }

    /// Ada's phone being moved: the new one has sent its token, and its first code is awaited.
    pub(crate) async fn moving(&self, by: &App, old: &App, now: UnixTime) -> (Session, App) {
        let session = self.by_token(ada(), by, now).await;
        self.begin_move(&session, old, now).await.unwrap();
        let link = self.move_link(&session, old, now).await.unwrap();
        let new = App::new("My new phone");
        self.send(&new.seal(&link), now).await.unwrap();
        (session, new)
    }
}

async fn state(clinic: &Clinic, app: &App) -> TokenState {
    clinic.token(app, NOW).await.state
}

async fn verified(clinic: &Clinic, app: &App, now: UnixTime) -> bool {
    let (serial, code) = (app.serial(), app.code(now));
    clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await.is_ok()
}

#[tokio::test]
async fn the_old_token_ends_at_the_new_ones_first_good_code() {
    let (clinic, phone) = Clinic::with_token().await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    let begun = clinic.begin_move(&session, &phone, NOW).await.unwrap();
    let until = NOW.plus(LINK_VALID_FOR);
    assert_eq!(begun.stage, HandoverStage::Enrolling { until });
    assert_eq!(clinic.begin_move(&session, &phone, NOW.plus(5)).await.unwrap(), begun, "twice");
    let link = clinic.move_link(&session, &phone, NOW).await.unwrap();
    assert_eq!(link.expires, until);

    let (new, submit) = (App::new("My new phone"), key());
    let pair = (&phone, &new);
    let early = clinic.finish_move(&session, pair, &submit, NOW).await;
    assert_eq!(early, Err(AssociateError::NotEnrolled));
    clinic.send(&new.seal(&link), NOW).await.unwrap();
    assert!(clinic.move_link(&session, &phone, NOW).await.is_none(), "used");
    let handovers = clinic.registry.handovers(&ada(), NOW).await.unwrap();
    let [waiting] = handovers.as_slice() else { panic!("{handovers:?}") };
    let expected = (HandoverStage::FirstCode, Some(new.serial()));
    assert_eq!((waiting.stage, waiting.to.clone()), expected);
    assert!(verified(&clinic, &phone, NOW.plus(30)).await, "until then the old one works");

    let (serial, issuer, wrong) = (phone.serial(), place().1, new.wrong_code(NOW));
    let registry = &clinic.registry;
    let refused = registry
        .finish_handover(&session, &serial, (&issuer, Seen::default()), &wrong, &key(), NOW)
        .await;
    assert_eq!(refused, Err(AssociateError::Code(Cause::Wrong)));
    assert_eq!(state(&clinic, &phone).await, TokenState::Active);

    let moved = clinic.finish_move(&session, pair, &submit, NOW).await.unwrap();
    assert_eq!(
        (moved.state, &moved.name),
        (TokenState::Active, &label("Phone")),
        "named as it was"
    );
    assert_eq!(clinic.finish_move(&session, pair, &submit, NOW).await.unwrap(), moved, "twice");
    let by_another_form = clinic.finish_move(&session, pair, &key(), NOW).await;
    assert_eq!(by_another_form, Err(AssociateError::HandoverOver));
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
    assert_eq!(clinic.registry.handovers(&ada(), NOW).await.unwrap(), []);
    assert!(!verified(&clinic, &phone, NOW.plus(60)).await);
    assert!(verified(&clinic, &new, NOW.plus(60)).await);
    let asked = phone.ask(AppAsk::Status, NOW);
    let answer = clinic.registry.app_request(&asked, NOW).await.unwrap();
    assert_eq!(answer.token.state, AppTokenState::Deactivated, "its app says so");
}

#[tokio::test]
async fn it_is_recorded_from_its_beginning_to_its_end() {
    let (clinic, phone) = Clinic::with_token().await;
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    clinic.finish_move(&session, (&phone, &new), &key(), NOW).await.unwrap();
    let events = clinic.events().await;
    let told: Vec<_> = events[..6]
        .iter()
        .map(|event| (event.what.kind, event.what.serial.clone(), event.what.cause.clone()))
        .collect();
    let to = Some(format!("to {}", new.serial().as_str()));
    let (old, fresh) = (Some(phone.serial()), Some(new.serial()));
    let expected = [
        (EventKind::HandoverDone, old.clone(), to),
        (EventKind::TokenDeactivated, old.clone(), Some("moved to a new phone".to_owned())),
        (
            EventKind::TokenAssociated,
            fresh.clone(),
            Some("not known whether on another device than the browser".to_owned()),
        ),
        (EventKind::CodeJudged, fresh.clone(), None),
        (EventKind::TokenProvisioned, fresh, None),
        (EventKind::HandoverBegun, old, Some(format!("approved by {}", phone.serial().as_str()))),
    ];
    assert_eq!(told, expected);
    let report = clinic.registry.daily_report(NOW).await.unwrap();
    let done = |event: &registry::Event| event.what.kind == EventKind::HandoverDone;
    assert!(report.notable.iter().any(done), "somebody has a look at it");
}

#[tokio::test]
async fn another_active_token_approves_it_too_and_nothing_less_does() {
    let (clinic, phone, tablet) = two_tokens().await;
    let half = clinic.half_session(ada(), NOW).await;
    assert_eq!(clinic.begin_move(&half, &phone, NOW).await, Err(AssociateError::NotSignedIn));
    let secret = clinic.secret_by_token(ada(), &tablet, NOW).await;
    let session = clinic.registry.session(&secret, NOW).await.unwrap();
    // Seen now and then, so that it has not ended, while its code gets old.
    for seen in [600, 1_200, 1_201] {
        clinic.registry.session(&secret, NOW.plus(seen)).await.unwrap();
    }
    let late = clinic.begin_move(&session, &phone, NOW.plus(1_201)).await;
    assert_eq!(late, Err(AssociateError::NotFresh));
    let event = clinic.events().await.remove(0);
    assert_eq!(event.what.kind, EventKind::HandoverBegun);
    assert_eq!(event.what.cause.as_deref(), Some("sign-in not fresh"));
    let (session, new) = clinic.moving(&tablet, &phone, NOW.plus(1_260)).await;
    let now = NOW.plus(1_260);
    clinic.finish_move(&session, (&phone, &new), &key(), now).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
    assert_eq!(state(&clinic, &tablet).await, TokenState::Active);
}

#[tokio::test]
async fn only_ones_own_soft_token_that_is_in_use_is_moved() {
    let (clinic, phone, tablet) = two_tokens().await;
    clinic.open_account(ben()).await;
    let bens = App::new("Ben's phone");
    clinic.enrol_first(ben(), &bens, NOW).await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    let refused = clinic.begin_move(&session, &bens, NOW).await;
    assert_eq!(refused, Err(Error::UnknownToken.into()));
    clinic.make_hard(&tablet).await;
    let refused = clinic.begin_move(&session, &tablet, NOW).await;
    assert_eq!(refused, Err(Error::NotPossible(TokenState::Active).into()));
    let (desk, serial) = (help_desk(), tablet.serial());
    clinic.registry.deactivate_token(&desk, &serial, DeactivationReason::Lost, NOW).await.unwrap();
    let refused = clinic.begin_move(&session, &tablet, NOW).await;
    assert_eq!(refused, Err(Error::NotPossible(TokenState::Deactivated).into()));
}

/// Who reports the loss of which token.
#[derive(Debug, Clone, Copy)]
enum Loss {
    OldByPassphrase,
    OldByHelpDesk,
    OldByAnApp,
    Approver,
}

async fn report(clinic: &Clinic, loss: Loss, (phone, tablet): (&App, &App), now: UnixTime) {
    let (registry, desk, lost) = (&clinic.registry, help_desk(), label("lost"));
    match loss {
        Loss::OldByPassphrase => {
            let half = clinic.half_session(ada(), now).await;
            registry.report_own_token_lost(&half, &phone.serial(), now).await.unwrap();
        }
        Loss::OldByHelpDesk => {
            registry.suspend_token(&desk, &phone.serial(), &lost, now).await.unwrap();
        }
        Loss::OldByAnApp => {
            registry.app_request(&tablet.report(&phone.serial(), now), now).await.unwrap();
        }
        Loss::Approver => {
            registry.suspend_token(&desk, &tablet.serial(), &lost, now).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_loss_ends_it_for_good() {
    for loss in [Loss::OldByPassphrase, Loss::OldByHelpDesk, Loss::OldByAnApp, Loss::Approver] {
        for enrolled in [false, true] {
            let (clinic, phone, tablet) = two_tokens().await;
            let session = clinic.by_token(ada(), &tablet, NOW).await;
            clinic.begin_move(&session, &phone, NOW).await.unwrap();
            let link = clinic.move_link(&session, &phone, NOW).await.unwrap();
            let thiefs = App::new("A thief's");
            if enrolled {
                clinic.send(&thiefs.seal(&link), NOW).await.unwrap();
            }
            report(&clinic, loss, (&phone, &tablet), NOW).await;
            let ended = clinic.events().await.into_iter().map(|event| event.what.kind);
            assert_eq!(ended.filter(|kind| *kind == EventKind::HandoverCancelled).count(), 1);
            assert_eq!(clinic.registry.handovers(&ada(), NOW).await.unwrap(), []);
            if !enrolled {
                let refused = clinic.send(&thiefs.seal(&link), NOW).await;
                assert_eq!(refused, Err(Error::ActivationExpired), "{loss:?}");
            }
            // Neither by the session of before nor by a new one, also once it is found.
            let both = (&phone, &thiefs);
            assert!(clinic.finish_move(&session, both, &key(), NOW).await.is_err());
            for lost in [&phone, &tablet] {
                let (desk, found) = (help_desk(), label("found"));
                drop(clinic.registry.restore_token(&desk, &lost.serial(), &found, NOW).await);
            }
            let later = NOW.plus(60);
            let session = clinic.by_token(ada(), &tablet, later).await;
            let refused = clinic.finish_move(&session, both, &key(), later).await;
            assert_eq!(refused, Err(AssociateError::HandoverOver), "{loss:?}");
            if enrolled {
                let form = thiefs.form(later);
                let refused = clinic.registry.associate(&session, &form, later).await;
                assert_eq!(refused, Err(AssociateError::HandoverOver), "nor as a further token");
            }
            assert_eq!(state(&clinic, &phone).await, TokenState::Active);
        }
    }
}

#[tokio::test]
async fn a_loss_that_is_reported_meanwhile_is_first() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    let meanwhile = {
        let (registry, report) = (clinic.registry.clone(), tablet.report(&phone.serial(), NOW));
        async move { drop(registry.app_request(&report, NOW).await.unwrap()) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let (serial, issuer, code) = (phone.serial(), place().1, new.code(NOW));
    let refused = late
        .finish_handover(&session, &serial, (&issuer, Seen::default()), &code, &key(), NOW)
        .await;
    assert_eq!(refused, Err(Error::SessionEnded.into()));
    assert_eq!(state(&clinic, &phone).await, TokenState::Suspended);
    assert_eq!(state(&clinic, &new).await, TokenState::Provisioned);

    // And so is one that is reported while it begins.
    let (clinic, phone, tablet) = two_tokens().await;
    let session = clinic.by_token(ada(), &tablet, NOW).await;
    let meanwhile = {
        let (registry, serial) = (clinic.registry.clone(), phone.serial());
        async move {
            drop(registry.suspend_token(&help_desk(), &serial, &label("lost"), NOW).await.unwrap());
        }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let (server, issuer) = place();
    let place = (&server, &issuer);
    let refused = late.begin_handover(&session, &phone.serial(), place, NOW, &mut rng()).await;
    assert_eq!(refused, Err(Error::NotPossible(TokenState::Suspended).into()));
}

/// A report that read before a move was begun, and commits after it, ends it all the same.
#[tokio::test]
async fn a_move_that_begins_while_a_loss_is_reported_ends_with_it() {
    for lost_is_old in [true, false] {
        let (clinic, phone, tablet) = two_tokens().await;
        let clinic = std::sync::Arc::new(clinic);
        let session = clinic.by_token(ada(), &tablet, NOW).await;
        let lost = if lost_is_old { phone.serial() } else { tablet.serial() };
        let meanwhile = {
            let clinic = clinic.clone();
            async move { drop(clinic.begin_move(&session, &phone, NOW).await.unwrap()) }
        };
        let late = interrupted(&clinic, Before::Commit, meanwhile).await;
        late.suspend_token(&help_desk(), &lost, &label("lost"), NOW).await.unwrap();
        assert_eq!(clinic.registry.handovers(&ada(), NOW).await.unwrap(), []);
    }
}

#[tokio::test]
async fn it_is_cancelled_and_begun_again() {
    let (clinic, phone) = Clinic::with_token().await;
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    let serial = phone.serial();
    for _ in 0..2 {
        clinic.registry.cancel_handover(&session, &serial, NOW).await.unwrap();
    }
    let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
    assert_eq!(kinds.filter(|kind| *kind == EventKind::HandoverCancelled).count(), 1);
    let refused = clinic.finish_move(&session, (&phone, &new), &key(), NOW).await;
    assert_eq!(refused, Err(AssociateError::HandoverOver));
    assert!(verified(&clinic, &phone, NOW.plus(30)).await);

    clinic.begin_move(&session, &phone, NOW).await.unwrap();
    let again = clinic.move_link(&session, &phone, NOW).await.unwrap();
    let other = App::new("Another new phone");
    clinic.send(&other.seal(&again), NOW).await.unwrap();
    clinic.finish_move(&session, (&phone, &other), &key(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
    // What has been done is not undone.
    clinic.registry.cancel_handover(&session, &serial, NOW).await.unwrap();
    assert_eq!(state(&clinic, &other).await, TokenState::Active);
}

#[tokio::test]
async fn a_link_that_expired_enrols_nothing_and_another_is_had() {
    let (clinic, phone) = Clinic::with_token().await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    clinic.begin_move(&session, &phone, NOW).await.unwrap();
    let link = clinic.move_link(&session, &phone, NOW).await.unwrap();
    let new = App::new("My new phone");
    let late = NOW.plus(LINK_VALID_FOR + 1);
    assert_eq!(clinic.send(&new.seal(&link), late).await, Err(Error::ActivationExpired));
    assert_eq!(clinic.registry.handovers(&ada(), late).await.unwrap(), []);
    assert!(clinic.move_link(&session, &phone, late).await.is_none());
    let session = clinic.by_token(ada(), &phone, late).await;
    let refused = clinic.finish_move(&session, (&phone, &new), &key(), late).await;
    assert_eq!(refused, Err(AssociateError::HandoverOver));
    clinic.begin_move(&session, &phone, late).await.unwrap();
    let link = clinic.move_link(&session, &phone, late).await.unwrap();
    clinic.send(&new.seal(&link), late).await.unwrap();
    clinic.finish_move(&session, (&phone, &new), &key(), late).await.unwrap();
}

#[tokio::test]
async fn as_a_further_token_it_takes_the_old_ones_place_too() {
    let (clinic, phone) = Clinic::with_token().await;
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    clinic.registry.associate(&session, &new.form(NOW), NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
}

#[tokio::test]
async fn it_fulfils_no_request_for_a_further_token() {
    let (clinic, phone) = Clinic::with_token().await;
    let order = TokenOrder {
        wanted: Wanted::Soft,
        mail: "ada@example.org".parse().unwrap(),
        idempotency_key: key(),
    };
    let (desk, npi): (Actor, Npi) = (help_desk(), ada());
    let by = RequestedBy::HelpDesk { actor: &desk, npi };
    let asked = clinic.registry.request_tokens(by, &order, NOW, &mut rng()).await.unwrap();
    let (server, issuer) = place();
    let processing = registry::Processing {
        activation: registry::ActivationOrder {
            server,
            issuer,
            valid_for: 3_600,
            pin: provisioning::PinPolicy::default(),
        },
        opens_access: false,
        proofing: None,
    };
    let id = asked[0].id;
    clinic.registry.process_request(&desk, id, &processing, NOW, &mut rng()).await.unwrap();
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    clinic.finish_move(&session, (&phone, &new), &key(), NOW).await.unwrap();
    let request = clinic.registry.request(id).await.unwrap().unwrap();
    assert_eq!(request.state, registry::RequestState::Processed);
}

/// Ada's phone, known to the network, moved to a new one that it has yet to know.
async fn waiting_for_the_network() -> (Clinic, App, App, Session) {
    let clinic = Clinic::telling_network().await;
    clinic.open_account(ada()).await;
    let phone = App::new("Phone");
    clinic.enrol_first(ada(), &phone, START).await;
    clinic.registry.sync_acknowledged(&phone.serial(), START).await.unwrap();
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    let moved = clinic.finish_move(&session, (&phone, &new), &key(), NOW).await.unwrap();
    assert_eq!(moved.state, TokenState::PendingSync);
    (clinic, phone, new, session)
}

#[tokio::test]
async fn the_old_token_works_until_the_network_knows_the_new_one() {
    let (clinic, phone, new, session) = waiting_for_the_network().await;
    let handovers = clinic.registry.handovers(&ada(), NOW).await.unwrap();
    let [waiting] = handovers.as_slice() else { panic!("{handovers:?}") };
    let expected = (HandoverStage::NetworkSync, Some(new.serial()));
    assert_eq!((waiting.stage, waiting.to.clone()), expected);
    assert!(verified(&clinic, &phone, NOW.plus(30)).await, "the old one signs");
    assert!(!verified(&clinic, &new, NOW.plus(30)).await, "the new one not yet");
    for _ in 0..2 {
        clinic.registry.sync_acknowledged(&new.serial(), NOW.plus(60)).await.unwrap();
        assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
        assert_eq!(state(&clinic, &new).await, TokenState::Active);
    }
    assert_eq!(clinic.registry.handovers(&ada(), NOW).await.unwrap(), []);
    let kinds: Vec<_> = clinic.events().await.into_iter().map(|event| event.what.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::HandoverDone).count(), 1);
    let half = clinic.registry.report_own_token_lost(&session, &new.serial(), NOW).await;
    assert!(half.is_err(), "a session by the old token has ended with it");
}

#[tokio::test]
async fn without_a_network_any_more_the_old_token_ends_at_once() {
    let (clinic, phone, new, _) = waiting_for_the_network().await;
    clinic.registry.sync_not_needed(&new.serial(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
}

/// Wrong codes lock the new token before the network knows it.
async fn locked_meanwhile() -> (Clinic, App, App) {
    let (clinic, phone, new, _) = waiting_for_the_network().await;
    let (serial, wrong) = (new.serial(), new.wrong_code(NOW));
    for _ in 0..10 {
        clinic.registry.verify(&ada(), &serial, &wrong, Purpose::SignIn, NOW).await.unwrap_err();
    }
    clinic.registry.sync_acknowledged(&serial, NOW).await.unwrap();
    assert_eq!(state(&clinic, &new).await, TokenState::Locked);
    assert_eq!(state(&clinic, &phone).await, TokenState::Active, "or there were none to sign with");
    let handovers = clinic.registry.handovers(&ada(), NOW).await.unwrap();
    let stages: Vec<_> = handovers.iter().map(|handover| handover.stage).collect();
    assert_eq!(stages, [HandoverStage::Locked]);
    (clinic, phone, new)
}

#[tokio::test]
async fn the_old_token_works_until_the_new_one_is_unlocked_or_shows_a_good_code() {
    let (clinic, phone, new) = locked_meanwhile().await;
    clinic.registry.unlock_token(&help_desk(), &new.serial(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);

    let (clinic, phone, new) = locked_meanwhile().await;
    let later = NOW.plus(900);
    let (serial, wrong) = (new.serial(), new.wrong_code(later));
    clinic.registry.verify(&ada(), &serial, &wrong, Purpose::Signing, later).await.unwrap_err();
    assert_eq!(state(&clinic, &phone).await, TokenState::Active, "a wrong code ends nothing");
    assert!(verified(&clinic, &new, later.plus(30)).await);
    assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
    assert_eq!(clinic.registry.handovers(&ada(), later).await.unwrap(), []);
}

#[tokio::test]
async fn the_owner_who_unlocks_the_new_token_by_the_old_one_ends_that() {
    let (clinic, phone, new) = locked_meanwhile().await;
    let now = NOW.plus(60);
    let session = clinic.by_token(ada(), &phone, now).await;
    let other = clinic.by_token(ada(), &phone, now.plus(30)).await;
    for _ in 0..2 {
        let unlocked =
            clinic.registry.unlock_own_token(&session, &new.serial(), now.plus(60)).await;
        assert_eq!(unlocked.unwrap().state, TokenState::Active);
        assert_eq!(state(&clinic, &phone).await, TokenState::Deactivated);
    }
    assert!(!verified(&clinic, &phone, now.plus(90)).await, "one of them signs");
    let kinds: Vec<_> = clinic.events().await.into_iter().map(|event| event.what.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::HandoverDone).count(), 1);
    let again = clinic.registry.unlock_own_token(&other, &new.serial(), now.plus(60)).await;
    assert!(again.is_err(), "the other session by the old token has ended with it");
}

#[tokio::test]
async fn a_loss_while_the_new_token_is_locked_ends_the_move() {
    let (clinic, phone, new) = locked_meanwhile().await;
    let half = clinic.half_session(ada(), NOW).await;
    clinic.registry.report_own_token_lost(&half, &phone.serial(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &new).await, TokenState::Suspended);
    let (desk, found) = (help_desk(), label("found"));
    for app in [&phone, &new] {
        clinic.registry.restore_token(&desk, &app.serial(), &found, NOW).await.unwrap();
    }
    clinic.registry.unlock_token(&desk, &new.serial(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Active);
}

#[tokio::test]
async fn a_token_whose_new_phone_waits_for_the_network_is_not_moved_again() {
    let (clinic, phone, _, session) = waiting_for_the_network().await;
    let begun = clinic.begin_move(&session, &phone, NOW).await.unwrap();
    assert_eq!(begun.stage, HandoverStage::NetworkSync);
    assert!(clinic.move_link(&session, &phone, NOW).await.is_none());
}

#[tokio::test]
async fn the_link_does_not_outlive_the_approval() {
    let (clinic, phone) = Clinic::with_token().await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    let begun = clinic.begin_move(&session, &phone, NOW.plus(600)).await.unwrap();
    let until = NOW.plus(LINK_VALID_FOR);
    assert_eq!(begun.stage, HandoverStage::Enrolling { until });
}

#[tokio::test]
async fn a_loss_before_the_network_knows_suspends_the_new_token_too() {
    let (clinic, phone, new, _) = waiting_for_the_network().await;
    let half = clinic.half_session(ada(), NOW).await;
    clinic.registry.report_own_token_lost(&half, &phone.serial(), NOW).await.unwrap();
    assert_eq!(state(&clinic, &new).await, TokenState::Suspended);
    clinic.registry.sync_acknowledged(&new.serial(), NOW).await.unwrap();
    for app in [&phone, &new] {
        assert_eq!(state(&clinic, app).await, TokenState::Suspended, "nothing was finished");
    }
    let losses = clinic.registry.untold_losses(&ada(), NOW).await.unwrap();
    let lost: Vec<_> = losses.into_iter().map(|loss| loss.serial).collect();
    assert_eq!(lost, [phone.serial()], "of the new one nobody said that it is lost");
    let (desk, found) = (help_desk(), label("found"));
    clinic.registry.restore_token(&desk, &phone.serial(), &found, NOW).await.unwrap();
    clinic.registry.restore_token(&desk, &new.serial(), &found, NOW).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Active, "nor is it later");
}

#[tokio::test]
async fn a_new_phone_that_is_lost_or_given_up_meanwhile_leaves_the_old_one_good() {
    for lost in [true, false] {
        let (clinic, phone, new, _) = waiting_for_the_network().await;
        let (registry, desk, why) = (&clinic.registry, help_desk(), label("as it happens"));
        match lost {
            true => registry.suspend_token(&desk, &new.serial(), &why, NOW).await.unwrap(),
            false => registry
                .deactivate_token(&desk, &new.serial(), DeactivationReason::Lost, NOW)
                .await
                .unwrap(),
        };
        registry.sync_acknowledged(&new.serial(), NOW).await.unwrap();
        drop(registry.restore_token(&desk, &new.serial(), &why, NOW).await);
        assert!(verified(&clinic, &phone, NOW.plus(30)).await);
        assert_eq!(registry.handovers(&ada(), NOW).await.unwrap(), []);
    }
}

#[tokio::test]
async fn giving_the_old_token_up_ends_it() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (session, new) = clinic.moving(&tablet, &phone, NOW).await;
    let desk = help_desk();
    clinic
        .registry
        .deactivate_token(&desk, &phone.serial(), DeactivationReason::Lost, NOW)
        .await
        .unwrap();
    let refused = clinic.finish_move(&session, (&phone, &new), &key(), NOW).await;
    assert_eq!(refused, Err(AssociateError::HandoverOver));
    assert_eq!(state(&clinic, &new).await, TokenState::Provisioned);
}

#[tokio::test]
async fn of_many_submits_one_moves_it() {
    let (clinic, phone) = Clinic::with_token().await;
    let clinic = std::sync::Arc::new(clinic);
    let (session, new) = clinic.moving(&phone, &phone, NOW).await;
    let (new, phone, submit) = (std::sync::Arc::new(new), std::sync::Arc::new(phone), key());
    let finishing = (0..16).map(|_| {
        let (clinic, session) = (clinic.clone(), session.clone());
        let (new, phone, submit) = (new.clone(), phone.clone(), submit.clone());
        tokio::spawn(async move {
            clinic.finish_move(&session, (&phone, &new), &submit, NOW).await.unwrap().state
        })
    });
    for finished in finishing.collect::<Vec<_>>() {
        assert_eq!(finished.await.unwrap(), TokenState::Active);
    }
    let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
    assert_eq!(kinds.filter(|kind| *kind == EventKind::HandoverDone).count(), 1);
}

#[tokio::test]
async fn to_give_another_token_up_as_stolen_ends_it_and_as_not_needed_does_not() {
    for (reason, ends) in
        [(DeactivationReason::Stolen, true), (DeactivationReason::NotNeeded, false)]
    {
        let (clinic, phone, tablet) = two_tokens().await;
        let (session, new) = clinic.moving(&phone, &phone, NOW).await;
        let (desk, serial) = (help_desk(), tablet.serial());
        clinic.registry.deactivate_token(&desk, &serial, reason, NOW).await.unwrap();
        let finished = clinic.finish_move(&session, (&phone, &new), &key(), NOW).await;
        assert_eq!(finished == Err(AssociateError::HandoverOver), ends, "{finished:?}");
    }
}
