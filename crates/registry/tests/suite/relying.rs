//! Relying parties: their keys, and the codes that they bring.

use std::sync::Arc;

use oath::{Challenge, Code, Ocra, Totp, UnixTime};
use registry::{
    Accepted, Answer, AnswerError, ApiKeyError, Cause, CodeOrder, CodeRefusal, Error, EventKind,
    IdempotencyKey, Once, Outcome, Purpose, RelyingParty, Scope, TokenState,
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label, rng};

const NOW: UnixTime = UnixTime(START.0 + 90);

pub(crate) async fn vendor(clinic: &Clinic) -> Arc<RelyingParty> {
    let party = label("Vendor");
    let made =
        clinic.registry.add_api_key(&help_desk(), &party, &[Scope::Verify], NOW, &mut rng()).await;
    clinic.registry.relying_party(&made.unwrap().0, Scope::Verify, NOW).await.unwrap()
}

fn order(app: Option<&App>, code: Code) -> CodeOrder {
    CodeOrder {
        account: Some(ada()),
        serial: app.map(App::serial),
        code,
        purpose: Purpose::Signing,
        reference: Some("rx-7".parse().unwrap()),
        challenge: None,
    }
}

/// An answer by which a test tells the results apart.
fn told(result: &Result<Accepted, CodeRefusal>) -> Answer {
    let body = match result {
        Ok(accepted) => accepted.serial.as_str().to_owned(),
        Err(refusal) => refusal.name().to_owned(),
    };
    Answer { status: 200, body, repeated: false }
}

async fn judged(clinic: &Clinic, party: &RelyingParty, order: &CodeOrder, now: UnixTime) -> String {
    clinic.registry.verify_for(party, order, None, now, told).await.unwrap().body
}

#[tokio::test]
async fn a_key_opens_what_it_is_good_for_until_it_ends() {
    let clinic = Clinic::new().await;
    let registry = &clinic.registry;
    let (desk, party, scopes) = (help_desk(), label("Vendor"), [Scope::Verify]);
    let stranger = registry::Actor::Stranger;
    let refused = registry.add_api_key(&stranger, &party, &scopes, NOW, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), Error::NotAllowed);
    let (key, record) =
        registry.add_api_key(&desk, &party, &scopes, NOW, &mut rng()).await.unwrap();
    let ask = async |key: &registry::ApiKey, at: UnixTime| {
        registry.relying_party(key, Scope::Verify, at).await.map(|party| party.name.clone())
    };
    assert_eq!(ask(&key, NOW).await, Ok(party.clone()));
    for other in Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Verify) {
        let refused = registry.relying_party(&key, other, NOW).await;
        assert_eq!(refused.unwrap_err(), ApiKeyError::Scope(other));
    }
    let forged = key.expose_text().replace(&key.expose_text()[24..28], "AAAA").parse().unwrap();
    assert_eq!(ask(&forged, NOW).await, Err(ApiKeyError::NotGood), "known ID, other secret");
    let used = async || registry.api_keys().await.unwrap()[0].last_used;
    assert_eq!(used().await, Some(NOW));
    ask(&key, NOW.plus(30)).await.unwrap();
    assert_eq!(used().await, Some(NOW), "noted once a minute");
    ask(&key, NOW.plus(60)).await.unwrap();
    assert_eq!(used().await, Some(NOW.plus(60)));

    let now = NOW.plus(100);
    let (next, _) =
        registry.rotate_api_key(&desk, &record.id, 3_600, now, &mut rng()).await.unwrap();
    let hour = now.plus(3_600);
    for at in [now, UnixTime(hour.0 - 1)] {
        assert_eq!(
            (ask(&key, at).await, ask(&next, at).await),
            (Ok(party.clone()), Ok(party.clone()))
        );
    }
    assert_eq!(ask(&key, hour).await, Err(ApiKeyError::NotGood));
    let over = registry.rotate_api_key(&desk, &record.id, 0, hour, &mut rng()).await.unwrap_err();
    assert_eq!(over, ApiKeyError::Over);

    assert_eq!(ask(&next, hour).await, Ok(party.clone()));
    // Another process: this one has read the key a moment ago.
    let other = clinic.second_process().await;
    other.revoke_api_key(&desk, next.id(), hour).await.unwrap();
    other.revoke_api_key(&desk, next.id(), hour.plus(1)).await.unwrap();
    assert_eq!(ask(&next, hour.plus(5)).await, Err(ApiKeyError::NotGood));
    assert_eq!(ask(&next, UnixTime(hour.0 - 60)).await, Ok(party), "its end is that instant");
    let events: Vec<_> = clinic.events().await.iter().rev().map(|event| event.what.kind).collect();
    use EventKind::{ApiKeyEnded, ApiKeyMade, ServerKeyMade};
    assert_eq!(events, [ServerKeyMade, ApiKeyMade, ApiKeyMade, ApiKeyEnded, ApiKeyEnded]);
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_for_a_day_also_after_a_restart() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let key: IdempotencyKey = "k-1".parse().unwrap();
    let once = |request| Some(Once { key: &key, request });
    let order_now = order(Some(&app), app.code(NOW));
    let ask = async |registry: &registry::Registry, request, now| {
        registry.verify_for(&party, &order_now, once(request), now, told).await
    };
    let first = ask(&clinic.registry, b"a", NOW).await.unwrap();
    assert_eq!((first.body.as_str(), first.repeated), (app.serial().as_str(), false));
    let again = clinic.second_process().await;
    for now in [NOW, NOW.plus(24 * 3600 - 1)] {
        let repeated = Answer { repeated: true, ..first.clone() };
        assert_eq!(ask(&again, b"a", now).await, Ok(repeated));
    }
    assert_eq!(ask(&again, b"b", NOW).await, Err(AnswerError::KeyReused));
    let codes = async || {
        let judged = clinic.events().await;
        judged.iter().filter(|event| event.what.kind == EventKind::CodeJudged).count()
    };
    assert_eq!(codes().await, 2, "the association's, and the one that was judged");
    let day = ask(&again, b"b", NOW.plus(24 * 3600)).await.unwrap();
    assert_eq!((day.body.as_str(), day.repeated), ("wrong", false), "it is judged anew");
    clinic.registry.forget_old_answers(NOW.plus(48 * 3600)).await.unwrap();
    let event = clinic.events().await.remove(0).what;
    assert_eq!(event.actor.to_string(), "relying party Vendor");
    assert_eq!(event.reference.unwrap().as_str(), "rx-7");
}

#[tokio::test]
async fn a_code_for_one_prescription_is_good_for_that_one_named_or_not_and_once() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let (this, other) = (Challenge::of(b"twelve tablets"), Challenge::of(b"ninety tablets"));
    let totp = Totp::default();
    let bound = |challenge, now| {
        let step = totp.period.step_at(now);
        Ocra::of(&totp).unwrap().code_of_step(&app.seed, challenge, step)
    };
    let (registry, key) = (&clinic.registry, "k-1".parse().unwrap());
    for (place, named) in [Some(&app), None].into_iter().enumerate() {
        let now = NOW.plus(60 * place as u64);
        let asked = |code, challenge| CodeOrder { challenge, ..order(named, code) };
        // Bound to another prescription, to none, and to one where none is asked for.
        for wrong in [
            asked(bound(other, now), Some(this)),
            asked(app.code(now), Some(this)),
            asked(bound(this, now), None),
        ] {
            assert_eq!(judged(&clinic, &party, &wrong, now).await, "wrong");
        }
        let right = asked(bound(this, now), Some(this));
        let once = Some(Once { key: &key, request: b"a" });
        let once = once.filter(|_| place == 0);
        let first = registry.verify_for(&party, &right, once, now, told).await.unwrap();
        assert_eq!(first.body, app.serial().as_str());
        if let Some(once) = once {
            let again = registry.verify_for(&party, &right, Some(once), now, told).await.unwrap();
            assert_eq!(again, Answer { repeated: true, ..first });
        }
        assert_eq!(judged(&clinic, &party, &right, now).await, "already-used");
        let plain = asked(app.code(now), None);
        assert_eq!(judged(&clinic, &party, &plain, now).await, "already-used", "one step for both");
        let event = clinic.events().await.remove(0).what;
        assert_eq!(event.reference.unwrap().as_str(), "rx-7");
    }
    assert_eq!(clinic.token(&app, NOW.plus(90)).await.failures, 0, "a good one forgives");
}

#[tokio::test]
async fn one_request_sent_many_times_at_once_is_judged_once() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let code = app.code(NOW);
    let sent = (0..40).map(|_| {
        let (registry, party, order) =
            (clinic.registry.clone(), party.clone(), order(Some(&app), code.clone()));
        tokio::spawn(async move {
            let key = "k-1".parse().unwrap();
            let once = Some(Once { key: &key, request: b"a" });
            registry.verify_for(&party, &order, once, NOW, told).await.unwrap()
        })
    });
    let sent: Vec<_> = sent.collect();
    let mut judged = 0;
    for answer in sent {
        let answer = answer.await.unwrap();
        assert_eq!(answer.body, app.serial().as_str());
        judged += usize::from(!answer.repeated);
    }
    assert_eq!(judged, 1);
}

#[tokio::test]
async fn without_a_name_every_active_token_is_tried_and_none_is_charged() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let party = vendor(&clinic).await;
    let now = NOW.plus(60);
    for app in [&tablet, &phone] {
        let good = order(None, app.code(now));
        assert_eq!(judged(&clinic, &party, &good, now).await, app.serial().as_str());
        assert_eq!(judged(&clinic, &party, &good, now).await, "already-used");
    }
    let wrong = phone.wrong_code(now);
    assert_eq!(judged(&clinic, &party, &order(None, wrong.clone()), now).await, "wrong");
    let past = UnixTime(now.0 + 300);
    assert_eq!(judged(&clinic, &party, &order(None, phone.code(past)), now).await, "clock-off");
    for _ in 0..8 {
        judged(&clinic, &party, &order(None, wrong.clone()), now).await;
    }
    let later = now.plus(60);
    let good = order(None, phone.code(later));
    assert_eq!(judged(&clinic, &party, &good, later).await, "paused", "ten in a row");
    for app in [&phone, &tablet] {
        let token = clinic.token(app, later).await;
        assert_eq!((token.failures, token.state), (0, TokenState::Active), "none is charged");
    }
    let named = order(Some(&phone), phone.code(later));
    assert_eq!(judged(&clinic, &party, &named, later).await, phone.serial().as_str());
    let over = now.plus(15 * 60);
    let good = order(None, tablet.code(over));
    assert_eq!(judged(&clinic, &party, &good, over).await, tablet.serial().as_str());
    // Counting begins anew.
    for _ in 0..9 {
        judged(&clinic, &party, &order(None, wrong.clone()), over).await;
    }
    assert_eq!(
        judged(&clinic, &party, &order(None, phone.code(over)), over).await,
        phone.serial().as_str()
    );
    let paused =
        clinic.events().await.into_iter().filter(|e| e.what.kind == EventKind::CodesPaused);
    assert_eq!(paused.count(), 1);
}

#[tokio::test]
async fn the_help_desk_ends_the_pause_with_that_of_the_sign_in() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    for _ in 0..10 {
        judged(&clinic, &party, &order(None, app.wrong_code(NOW)), NOW).await;
    }
    let good = order(None, app.code(NOW));
    assert_eq!(judged(&clinic, &party, &good, NOW).await, "paused");
    clinic.registry.unlock_sign_in(&help_desk(), &ada(), NOW).await.unwrap();
    assert_eq!(judged(&clinic, &party, &good, NOW).await, app.serial().as_str());
}

#[tokio::test]
async fn of_many_wrong_codes_at_once_ten_are_judged_and_the_honest_one_beside_is_not_lost() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let wrong = app.wrong_code(NOW);
    let sent: Vec<_> = (0..60)
        .map(|_| {
            let (registry, party, order) =
                (clinic.registry.clone(), party.clone(), order(None, wrong.clone()));
            tokio::spawn(async move {
                registry.verify_for(&party, &order, None, NOW, told).await.unwrap().body
            })
        })
        .collect();
    let named = order(Some(&app), app.code(NOW));
    assert_eq!(judged(&clinic, &party, &named, NOW).await, app.serial().as_str());
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    let count = |name: &str| answers.iter().filter(|answer| *answer == name).count();
    assert_eq!((count("wrong"), count("paused")), (10, 50));
}

#[tokio::test]
async fn what_cannot_be_judged_is_told_and_recorded() {
    let (clinic, app) = Clinic::with_token().await;
    let party = vendor(&clinic).await;
    let bens = CodeOrder { account: Some(ben()), ..order(Some(&app), app.code(NOW)) };
    assert_eq!(judged(&clinic, &party, &bens, NOW).await, "unknown-token");
    let nobodys = CodeOrder { account: Some(ben()), ..order(None, app.code(NOW)) };
    assert_eq!(judged(&clinic, &party, &nobodys, NOW).await, "unknown-token");
    let of_no_account = CodeOrder { account: None, ..order(Some(&app), app.code(NOW)) };
    assert_eq!(judged(&clinic, &party, &of_no_account, NOW).await, "unknown-token");
    for _ in 0..10 {
        judged(&clinic, &party, &order(Some(&app), app.wrong_code(NOW)), NOW).await;
    }
    let seconds_left = |result: &Result<Accepted, CodeRefusal>| {
        let locked = Cause::Locked { until: Some(NOW.plus(900)), seconds_left: 900 };
        assert_eq!(result, &Err(CodeRefusal::Cause(locked)));
        told(result)
    };
    let good = order(None, app.code(NOW));
    let locked = clinic.registry.verify_for(&party, &good, None, NOW, seconds_left).await;
    assert_eq!(locked.unwrap().body, "locked");
    let events = clinic.events().await;
    let judged: Vec<_> = events
        .iter()
        .filter(|event| event.what.actor.to_string() == "relying party Vendor")
        .collect();
    assert_eq!(judged.len(), 14);
    assert!(judged.iter().all(|event| event.what.outcome == Outcome::Refused));
    assert_eq!(events.iter().filter(|e| e.what.kind == EventKind::TokenLocked).count(), 1);
}

#[tokio::test]
async fn a_good_key_is_known_before_its_first_use_here() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let (desk, party, scopes) = (help_desk(), label("Vendor"), [Scope::Verify]);
        let add = async || {
            let mut rng = rng();
            clinic.registry.add_api_key(&desk, &party, &scopes, START, &mut rng).await.unwrap()
        };
        let ((good, _), (revoked, record)) = (add().await, add().await);
        clinic.registry.revoke_api_key(&desk, &record.id, START).await.unwrap();
        let after_a_restart = clinic.second_process().await;
        assert!(!after_a_restart.has_seen_key(&good, START));
        after_a_restart.learn_keys(START).await.unwrap();
        assert!(after_a_restart.has_seen_key(&good, START));
        assert!(!after_a_restart.has_seen_key(&revoked, START));
        let text = good.expose_text();
        let (kept, secret) = text.split_at(text.len() - 4);
        let other = if secret == "AAAA" { "BBBB" } else { "AAAA" };
        let wrong = format!("{kept}{other}").parse().unwrap();
        assert!(!after_a_restart.has_seen_key(&wrong, START), "another secret under its ID");
    }
}
