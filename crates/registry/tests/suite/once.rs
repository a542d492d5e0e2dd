//! Requests that are done at most once: replayed, reused, at once, killed between, after a restart.

use oath::UnixTime;
use registry::{Answer, AnswerError, IdempotencyKey, MasterKey, Once, Registry};

use crate::{
    clinic::{Clinic, START, help_desk, rng},
    relying::vendor,
};

const NOW: UnixTime = UnixTime(START.0 + 90);

fn key() -> IdempotencyKey {
    "change-1".parse().unwrap()
}

fn answer() -> Answer {
    Answer { status: 201, body: "{\"link\":\"countersign://enrol#s\"}".to_owned(), repeated: false }
}

async fn replayed_reused_and_forgotten(clinic: Clinic) {
    let party = vendor(&clinic).await;
    let key = key();
    let once = |request| Once { key: &key, request };
    let begin = async |registry: &Registry, request, now| {
        registry.begin_once(&party, once(request), now).await
    };
    let registry = &clinic.registry;
    assert_eq!(begin(registry, b"a", NOW).await, Ok(None), "it is to be done");
    assert_eq!(begin(registry, b"a", NOW.plus(59)).await, Err(AnswerError::InProgress));
    assert_eq!(begin(registry, b"b", NOW).await, Err(AnswerError::KeyReused));
    let told = answer();
    registry.finish_once(&party, once(b"a"), &told, NOW.plus(1), &mut rng()).await.unwrap();

    let again = clinic.second_process().await;
    let repeated = Answer { repeated: true, ..told.clone() };
    for now in [NOW, NOW.plus(24 * 3600 - 1)] {
        assert_eq!(begin(&again, b"a", now).await, Ok(Some(repeated.clone())), "after a restart");
        assert_eq!(begin(&again, b"b", now).await, Err(AnswerError::KeyReused));
    }
    let kept = clinic.store.kept_answer(&party.name, &key).await.unwrap().unwrap();
    assert!(!format!("{kept:?}").contains("countersign://"), "what opens something is sealed");
    assert_eq!(begin(&again, b"b", NOW.plus(24 * 3600)).await, Ok(None), "a day later it is new");
    again.give_up_once(&party, once(b"a")).await.unwrap();
    assert_eq!(begin(&again, b"b", NOW.plus(24 * 3600)).await, Err(AnswerError::InProgress));
    again.give_up_once(&party, once(b"b")).await.unwrap();
    assert_eq!(begin(&again, b"c", NOW.plus(24 * 3600)).await, Ok(None), "nothing was decided");
}

#[tokio::test]
async fn on_sqlite_it_is_replayed_reused_and_forgotten() {
    replayed_reused_and_forgotten(Clinic::new().await).await;
}

#[tokio::test]
async fn on_postgres_it_is_replayed_reused_and_forgotten() {
    replayed_reused_and_forgotten(Clinic::on_postgres().await).await;
}

#[tokio::test]
async fn what_was_begun_by_a_server_that_was_killed_is_never_done_again() {
    let clinic = Clinic::new().await;
    let party = vendor(&clinic).await;
    let key = key();
    let once = Once { key: &key, request: b"a" };
    assert_eq!(clinic.registry.begin_once(&party, once, NOW).await, Ok(None));
    let again = clinic.second_process().await;
    for (later, expected) in [
        (0, AnswerError::InProgress),
        (60, AnswerError::UnknownOutcome),
        (24 * 3600 - 1, AnswerError::UnknownOutcome),
    ] {
        assert_eq!(again.begin_once(&party, once, NOW.plus(later)).await, Err(expected));
    }
    // The first one was slow, not dead.
    let told = answer();
    clinic.registry.finish_once(&party, once, &told, NOW.plus(70), &mut rng()).await.unwrap();
    let repeated = Answer { repeated: true, ..told };
    assert_eq!(again.begin_once(&party, once, NOW.plus(80)).await, Ok(Some(repeated)));
}

async fn of_many_at_once_one_is_done(clinic: Clinic) {
    let party = vendor(&clinic).await;
    let sent: Vec<_> = (0..40)
        .map(|_| {
            let (registry, party) = (clinic.registry.clone(), party.clone());
            tokio::spawn(async move {
                let key = key();
                let once = Once { key: &key, request: b"a" };
                registry.begin_once(&party, once, NOW).await
            })
        })
        .collect();
    let mut begun = 0;
    for answer in sent {
        match answer.await.unwrap() {
            Ok(None) => begun += 1,
            other => assert_eq!(other, Err(AnswerError::InProgress)),
        }
    }
    assert_eq!(begun, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_of_many_at_once_one_is_done() {
    of_many_at_once_one_is_done(Clinic::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_of_many_at_once_one_is_done() {
    of_many_at_once_one_is_done(Clinic::on_postgres().await).await;
}

#[tokio::test]
async fn an_answer_under_a_master_key_that_is_gone_is_not_known() {
    let clinic = Clinic::new().await;
    let party = vendor(&clinic).await;
    let key = key();
    let once = Once { key: &key, request: b"a" };
    assert_eq!(clinic.registry.begin_once(&party, once, NOW).await, Ok(None));
    clinic.registry.finish_once(&party, once, &answer(), NOW, &mut rng()).await.unwrap();
    let new = *MasterKey::generate(&mut rng()).expose_bytes();
    let both = MasterKey::from_bytes(new).in_place_of(&clinic.master());
    let store = clinic.store.clone();
    let between = Registry::open(store.clone(), both, NOW, &mut rng()).await.unwrap();
    let repeated = Answer { repeated: true, ..answer() };
    assert_eq!(between.begin_once(&party, once, NOW).await, Ok(Some(repeated)));
    between.change_master_key(&help_desk(), NOW, &mut rng(), |_| {}).await.unwrap();
    let after = Registry::open(store, MasterKey::from_bytes(new), NOW, &mut rng()).await.unwrap();
    assert_eq!(after.begin_once(&party, once, NOW).await, Err(AnswerError::UnknownOutcome));
}
