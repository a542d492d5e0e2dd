//! Webhooks: each is told of everything in its order, once where nothing goes wrong, and never of a
//! code.

use oath::UnixTime;
use registry::{
    Actor, Delivery, Error, EventKind, Fate, HookKind, MasterKey, NewWebhook, Outcome, Purpose,
    Registry, SqliteStore, WebhookError, WebhookId, WebhookState,
};

use crate::clinic::{Clinic, START, ada, ben, help_desk, label, rng};

pub(crate) const NOW: UnixTime = UnixTime(START.0 + 60);

fn new(kinds: &[HookKind]) -> NewWebhook {
    NewWebhook {
        party: label("Example EHR"),
        url: "https://ehr.example.org/hooks?key=7".parse().unwrap(),
        kinds: kinds.to_vec(),
    }
}

pub(crate) async fn add(clinic: &Clinic, kinds: &[HookKind]) -> WebhookId {
    clinic.registry.add_webhook(&help_desk(), new(kinds), NOW, &mut rng()).await.unwrap().1.id
}

pub(crate) async fn seal(clinic: &Clinic, now: UnixTime) {
    let last = clinic.registry.last_checkpoint().await.unwrap();
    clinic.registry.seal_audit(last.as_ref(), now, &mut rng()).await.unwrap();
}

pub(crate) async fn taken(registry: &Registry, delivery: &Delivery, now: UnixTime) {
    let fate = registry.end_delivery(delivery, Ok(()), now, &mut rng()).await;
    assert_eq!(fate, Ok(Fate::Taken));
}

/// All that there is to deliver.
pub(crate) async fn told(clinic: &Clinic, id: &WebhookId, now: UnixTime) -> Vec<HookKind> {
    let mut kinds = Vec::new();
    while let Some(delivery) = clinic.registry.begin_delivery(id, now).await.unwrap() {
        kinds.push(delivery.kind);
        taken(&clinic.registry, &delivery, now).await;
    }
    kinds
}

pub(crate) async fn only(clinic: &Clinic) -> registry::WebhookRecord {
    clinic.registry.webhooks().await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn it_is_told_of_what_happens_from_then_on_once_it_is_sealed_and_never_of_a_code() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let id = add(&clinic, &[]).await;
        clinic.lost_and_found(&app, NOW).await;
        let later = NOW.plus(60);
        let (serial, code) = (app.serial(), app.code(later));
        clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, later).await.unwrap();
        clinic.open_account(ben()).await;
        assert_eq!(told(&clinic, &id, later).await, [], "nothing is sealed yet");
        assert_eq!(clinic.registry.webhook_lag(&only(&clinic).await).await, Ok(3));
        seal(&clinic, later).await;
        let expected = [HookKind::TokenSuspended, HookKind::TokenFound, HookKind::AccountOpened];
        assert_eq!(told(&clinic, &id, later).await, expected);
        assert_eq!(told(&clinic, &id, later.plus(99)).await, []);
        assert_eq!(clinic.registry.webhook_lag(&only(&clinic).await).await, Ok(0));
    }
}

#[tokio::test]
async fn it_is_told_of_the_kinds_that_it_was_added_for() {
    let (clinic, app) = Clinic::with_token().await;
    let id = add(&clinic, &[HookKind::TokenFound]).await;
    // More than is looked at in one step.
    for n in 0..260 {
        clinic.lost_and_found(&app, NOW.plus(n)).await;
    }
    seal(&clinic, NOW.plus(300)).await;
    let told = told(&clinic, &id, NOW.plus(300)).await;
    assert_eq!(told, [HookKind::TokenFound; 260]);
}

#[tokio::test]
async fn a_cursor_moves_over_what_is_not_for_it() {
    let clinic = Clinic::with_ada().await;
    let id = add(&clinic, &[HookKind::TokenLocked]).await;
    for n in 0..510 {
        let name = format!("Party {n}");
        let (desk, scopes) = (help_desk(), [registry::Scope::Verify]);
        let made =
            clinic.registry.add_api_key(&desk, &label(&name), &scopes, NOW, &mut rng()).await;
        made.unwrap();
    }
    seal(&clinic, NOW).await;
    let before = only(&clinic).await;
    assert!(clinic.registry.begin_delivery(&id, NOW).await.unwrap().is_none());
    let after = only(&clinic).await;
    assert_eq!(after.cursor, before.cursor + 500);
    assert!(clinic.registry.begin_delivery(&id, NOW).await.unwrap().is_none());
    assert_eq!(only(&clinic).await, after, "and what is left is looked at without a write");
}

#[tokio::test]
async fn of_two_servers_one_posts_and_one_that_died_loses_nothing() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let id = add(&clinic, &[]).await;
        clinic.lost_and_found(&app, NOW).await;
        seal(&clinic, NOW).await;
        let second = clinic.second_process().await;
        let first = clinic.registry.begin_delivery(&id, NOW).await.unwrap().unwrap();
        assert!(second.begin_delivery(&id, NOW.plus(59)).await.unwrap().is_none());
        // The first is not heard of any more.
        let later = NOW.plus(60);
        let again = second.begin_delivery(&id, later).await.unwrap().unwrap();
        assert_eq!((again.event.id, again.message_id()), (first.event.id, first.message_id()));
        // That it went wrong is of no interest any more; that it was taken is.
        let late = clinic.registry.end_delivery(&first, Err("answer 500"), later, &mut rng()).await;
        assert_eq!(late, Ok(Fate::Overtaken));
        taken(&clinic.registry, &first, later).await;
        for result in [Ok(()), Err("answer 500")] {
            let fate = second.end_delivery(&again, result, later, &mut rng()).await;
            assert_eq!(fate, Ok(Fate::Overtaken), "the cursor is past it");
        }
        let next = second.begin_delivery(&id, later).await.unwrap().unwrap();
        assert!(next.event.id > first.event.id);
        let record = only(&clinic).await;
        assert_eq!((record.cursor, record.attempts), (first.event.id, 1));
    }
}

#[tokio::test]
async fn many_servers_at_once_deliver_each_event_once() {
    let clinic = Clinic::on_postgres().await;
    let app = clinic.first_token_of_ada().await;
    let id = add(&clinic, &[]).await;
    for n in 0..20 {
        clinic.lost_and_found(&app, NOW.plus(n)).await;
    }
    seal(&clinic, NOW.plus(60)).await;
    let mut servers = Vec::new();
    for _ in 0..4 {
        let (server, id) = (clinic.second_process().await, id.clone());
        servers.push(tokio::spawn(async move {
            let (mut events, mut nothing) = (Vec::new(), 0);
            while nothing < 50 {
                match server.begin_delivery(&id, NOW.plus(60)).await.unwrap() {
                    Some(delivery) => {
                        events.push(delivery.event.id);
                        taken(&server, &delivery, NOW.plus(60)).await;
                    }
                    None => nothing += 1,
                }
            }
            events
        }));
    }
    let mut events = Vec::new();
    for server in servers {
        events.extend(server.await.unwrap());
    }
    events.sort_unstable();
    let mut once = events.clone();
    once.dedup();
    assert_eq!(events, once, "none twice");
    assert_eq!(events.len() + told(&clinic, &id, NOW.plus(60)).await.len(), 40, "none is lost");
}

#[tokio::test]
async fn a_webhook_that_takes_nothing_for_a_day_is_failing_and_loses_nothing() {
    let (clinic, app) = Clinic::with_token().await;
    let id = add(&clinic, &[]).await;
    clinic.lost_and_found(&app, NOW).await;
    seal(&clinic, NOW).await;
    let (mut now, mut failing) = (NOW, 0);
    while now.since(NOW) < 2 * 86_400 {
        let delivery = clinic.registry.begin_delivery(&id, now).await.unwrap().unwrap();
        assert_eq!(delivery.kind, HookKind::TokenSuspended);
        let why = Err("answer 500");
        let fate = clinic.registry.end_delivery(&delivery, why, now, &mut rng()).await;
        let Ok(Fate::Again { at, failing: from_now_on }) = fate else { panic!("overtaken") };
        failing += u32::from(from_now_on);
        let state = only(&clinic).await.state();
        let over = now.since(NOW) >= 86_400;
        assert_eq!(state, if over { WebhookState::Failing } else { WebhookState::Retrying });
        let early = clinic.registry.begin_delivery(&id, UnixTime(at.0 - 1)).await.unwrap();
        assert!(early.is_none());
        now = at;
    }
    assert_eq!(failing, 1);
    let events = clinic.events().await;
    let noted = events.iter().filter(|event| event.what.kind == EventKind::WebhookFailing);
    assert_eq!(noted.count(), 1);
    let trouble = only(&clinic).await.trouble.unwrap();
    assert_eq!((trouble.since, trouble.why.as_str()), (NOW, "answer 500"));
    let delivery = clinic.registry.begin_delivery(&id, now).await.unwrap().unwrap();
    clinic.registry.end_delivery(&delivery, Err("not reached"), now, &mut rng()).await.unwrap();
    // Whoever runs the server mended it, and does not want to wait.
    clinic.registry.retry_webhook(&help_desk(), &id, now).await.unwrap();
    let expected = [HookKind::TokenSuspended, HookKind::TokenFound];
    assert_eq!(told(&clinic, &id, now).await, expected);
    assert_eq!(only(&clinic).await.state(), WebhookState::Good);
}

#[tokio::test]
async fn who_manages_webhooks_is_known_and_is_the_help_desk() {
    let (clinic, _) = Clinic::with_token().await;
    let registry = &clinic.registry;
    let stranger = registry.add_webhook(&Actor::Stranger, new(&[]), NOW, &mut rng()).await;
    assert_eq!(stranger.err(), Some(Error::NotAllowed));
    let (secret, record) =
        registry.add_webhook(&help_desk(), new(&[]), NOW, &mut rng()).await.unwrap();
    let text = secret.expose_text();
    assert!(text.starts_with("whsec_") && text.len() == 6 + 44, "{}", text.len());
    assert!(!format!("{secret:?}").contains(&text[6..]));
    let unknown = "00000000000000ff".parse().unwrap();
    let rotated =
        registry.rotate_webhook_secret(&help_desk(), &unknown, false, NOW, &mut rng()).await;
    assert_eq!(rotated.err(), Some(WebhookError::Unknown));
    registry.rotate_webhook_secret(&help_desk(), &record.id, false, NOW, &mut rng()).await.unwrap();
    registry.remove_webhook(&help_desk(), &record.id, NOW).await.unwrap();
    let again = registry.remove_webhook(&help_desk(), &record.id, NOW).await;
    assert_eq!(again.err(), Some(WebhookError::Unknown));
    let events = clinic.events().await;
    let noted: Vec<_> = events
        .iter()
        .filter(|event| event.what.kind.name().starts_with("webhook-"))
        .map(|event| (event.what.kind, event.what.outcome, event.what.cause.clone().unwrap()))
        .collect();
    let about = format!("{} of Example EHR, https://ehr.example.org", record.id);
    let expected =
        [EventKind::WebhookRemoved, EventKind::WebhookSecretMade, EventKind::WebhookAdded];
    assert_eq!(noted, expected.map(|kind| (kind, Outcome::Success, about.clone())));
    assert_eq!(registry.webhooks().await.unwrap(), []);
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_one_before_for_a_day() {
    let (clinic, app) = Clinic::with_token().await;
    let registry = &clinic.registry;
    let id = add(&clinic, &[]).await;
    clinic.lost_and_found(&app, NOW).await;
    seal(&clinic, NOW).await;
    let signed = async |now| {
        let delivery = registry.begin_delivery(&id, now).await.unwrap().unwrap();
        delivery.signatures(NOW, "{}")
    };
    let first = signed(NOW).await;
    assert!(first.starts_with("v1,") && !first.contains(' '));
    // A claim is not in its way.
    registry.rotate_webhook_secret(&help_desk(), &id, false, NOW, &mut rng()).await.unwrap();
    let both = signed(NOW.plus(60)).await;
    let (new, former) = both.split_once(' ').unwrap();
    assert_eq!(former, first);
    let alone = signed(NOW.plus(86_400)).await;
    assert_eq!(alone, new);
}

#[tokio::test]
async fn a_changed_master_key_opens_both_secrets() {
    let (clinic, app) = Clinic::with_token().await;
    let id = add(&clinic, &[]).await;
    let desk = help_desk();
    clinic.registry.rotate_webhook_secret(&desk, &id, false, NOW, &mut rng()).await.unwrap();
    clinic.lost_and_found(&app, NOW).await;
    seal(&clinic, NOW).await;
    let before = clinic.registry.begin_delivery(&id, NOW).await.unwrap().unwrap();
    let new = MasterKey::generate(&mut rng());
    let under = async |master: MasterKey| {
        let store = SqliteStore::open(clinic.folder.path().join("countersign.db")).unwrap();
        Registry::open(std::sync::Arc::new(store), master, NOW, &mut rng()).await.unwrap()
    };
    let key = *new.expose_bytes();
    let both = under(new.in_place_of(&clinic.master())).await;
    both.change_master_key(&desk, NOW, &mut rng(), |_| {}).await.unwrap();
    let alone = under(MasterKey::from_bytes(key)).await;
    let after = alone.begin_delivery(&id, NOW.plus(60)).await.unwrap().unwrap();
    assert_eq!(after.signatures(NOW, "{}"), before.signatures(NOW, "{}"));
    assert_eq!(after.signatures(NOW, "{}").split(' ').count(), 2);
}
