//! Sealing the audit, its key, reading it as evidence, and one day's report.

use oath::UnixTime;
use registry::{
    Actor, Error, EventKind, SqliteStore, Store,
    audit::verifying::{Finding, Outside, verify},
};

use crate::{
    auditing::{findings, look, open, seal, sealed, tamper, try_seal},
    clinic::{Clinic, START, ada, help_desk, rng},
};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn the_key_is_changed_by_the_help_desk_and_the_chain_goes_on() {
    let (clinic, mut kept) = sealed().await;
    let prescriber = Actor::Prescriber { npi: ada() };
    let refused = clinic.registry.change_audit_key(&prescriber, START, &mut rng()).await;
    assert_eq!(refused.err(), Some(registry::Error::NotAllowed));
    let changed = clinic.registry.change_audit_key(&help_desk(), START.plus(500), &mut rng()).await;
    let changed = changed.unwrap();
    assert_eq!(changed.key, kept[0].key);
    kept.push(changed);
    kept.extend(seal(&clinic, START.plus(501)).await);
    assert_eq!(kept.last().unwrap().key, changed.statement.next_key);
    let verified = look(&clinic, &kept).await;
    assert_eq!((verified.findings, verified.compared), (vec![], 6));
    // The new key is nobody's to use before the checkpoint that names it.
    tamper(&clinic, "DELETE FROM audit_checkpoints WHERE number = 5");
    let only_key = Outside { checkpoints: Vec::new(), first_key: Some(kept[0].key) };
    let found = verify(&*clinic.store, &only_key).await.unwrap().findings;
    let missing = Finding::CheckpointsMissing { first: 5, last: 5 };
    assert_eq!(found, [missing.clone(), Finding::CheckpointsForged { first: 6, last: 6 }]);
    assert_eq!(findings(&clinic, &kept).await, [missing], "unless it was kept outside");
}

#[tokio::test]
async fn of_two_that_seal_at_once_one_does() {
    let (clinic, _) = Clinic::with_token().await;
    let second = clinic.second_process().await;
    for round in 0..20 {
        let now = START.plus(1_000 + round);
        clinic.registry.unlock_sign_in(&help_desk(), &ada(), now).await.unwrap();
        let (mut one, mut other) = (rng(), rng());
        let before = clinic.registry.last_checkpoint().await.unwrap();
        let both = tokio::join!(
            clinic.registry.seal_audit(before.as_ref(), now, &mut one),
            second.seal_audit(before.as_ref(), now, &mut other)
        );
        let sealed = [both.0.unwrap(), both.1.unwrap()];
        assert_eq!(sealed.iter().flatten().count(), 1, "{sealed:?}");
    }
    seal(&clinic, START.plus(2_000)).await;
    let verified = look(&clinic, &[]).await;
    assert_eq!((verified.findings, verified.unsealed), (vec![], 0));
}

#[tokio::test]
async fn what_is_evidence_is_opened_for_reading_only() {
    let (clinic, kept) = sealed().await;
    let copy = clinic.folder.path().join("copy.db");
    let sql = format!("VACUUM INTO '{}'", copy.display());
    open(clinic.folder.path()).execute_batch(&sql).unwrap();
    let before = std::fs::read(&copy).unwrap();
    let store = SqliteStore::open_to_read(&copy).unwrap();
    let outside = Outside { checkpoints: kept, first_key: None };
    assert_eq!(verify(&store, &outside).await.unwrap().findings, []);
    let refused = store.commit(registry::store::Changes::default()).await;
    assert!(matches!(refused, Err(registry::StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    let nowhere = clinic.folder.path().join("nowhere.db");
    assert!(SqliteStore::open_to_read(&nowhere).is_err() && !nowhere.exists());
}

#[tokio::test]
async fn sealing_does_not_stop_in_silence() {
    for (name, sql) in [
        ("the last checkpoint is gone", "DELETE FROM audit_checkpoints WHERE number = 4"),
        (
            "its number is the last there can be",
            "UPDATE audit_checkpoints SET number = 9223372036854775807 WHERE number = 4",
        ),
        (
            "it covers all there will be",
            "UPDATE audit_checkpoints SET last_event = 9000000000000000000 WHERE number = 4",
        ),
        (
            "links stand where new ones must",
            "INSERT INTO audit_links SELECT max(event) + 1, link FROM audit_links",
        ),
    ] {
        let (clinic, kept) = sealed().await;
        clinic.begin(ada(), START.plus(300)).await;
        tamper(&clinic, sql);
        let broken = |error: Error| matches!(error, Error::AuditBroken { .. });
        // Who knows what it sealed last finds it there no more; who knows nothing cannot go on.
        let known = kept.last();
        let follows = clinic.registry.checkpoints_following(known, 10).await;
        let seals = clinic.registry.seal_audit(known, START.plus(301), &mut rng()).await;
        assert!(follows.is_err_and(broken) || seals.is_err_and(broken), "{name}");
        let alone = clinic.registry.checkpoints_following(None, 10).await;
        let seals = try_seal(&clinic, START.plus(302)).await;
        assert!(alone.is_err_and(broken) || seals.is_err_and(broken), "{name}, alone");
    }
}

#[tokio::test]
async fn nothing_is_sealed_on_top_of_a_strangers_checkpoint() {
    let (clinic, _) = sealed().await;
    let (stranger, _) = sealed().await;
    clinic.begin(ada(), START.plus(300)).await;
    let database = open(clinic.folder.path());
    let path = stranger.folder.path().join("countersign.db").display().to_string();
    let sql = format!(
        "ATTACH '{path}' AS stranger; DELETE FROM audit_checkpoints;
         INSERT INTO audit_checkpoints SELECT * FROM stranger.audit_checkpoints;"
    );
    database.execute_batch(&sql).unwrap();
    let refused = try_seal(&clinic, START.plus(301)).await.unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_day_is_reported_also_when_it_is_quiet() {
    let (clinic, app) = Clinic::with_token().await;
    let next_day = UnixTime((START.0 / DAY + 1) * DAY);
    let quiet = clinic.registry.daily_report(next_day.plus(DAY)).await.unwrap();
    assert_eq!((quiet.events, quiet.is_quiet()), (0, true));

    let now = next_day.plus(3_600);
    let (serial, purpose) = (app.serial(), registry::Purpose::Signing);
    for _ in 0..5 {
        let wrong = app.wrong_code(now);
        clinic.registry.verify(&ada(), &serial, &wrong, purpose, now).await.unwrap_err();
    }
    clinic.registry.unlock_token(&help_desk(), &serial, now).await.unwrap();
    let report = clinic.registry.daily_report(now.plus(7)).await.unwrap();
    assert_eq!((report.from, report.to), (next_day, next_day.plus(DAY)));
    let notable: Vec<_> = report.notable.iter().map(|event| event.what.kind).collect();
    assert_eq!(notable, [EventKind::TokenUnlocked]);
    assert_eq!(report.often_refused.len(), 1);
    assert_eq!(
        (report.often_refused[0].serial.as_str(), report.often_refused[0].count),
        (serial.as_str(), 5)
    );
    assert_eq!(report.events, report.counts.iter().map(|count| count.count).sum::<u64>());
    assert!(!report.is_quiet());
}
