//! The audit's chain: every way of changing the record is found and named, without a secret.

use std::path::Path;

use oath::UnixTime;
use registry::{
    Error, Registry, SqliteStore,
    audit::{
        checkpoint::Checkpoint,
        verifying::{Finding, Outside, Verified, verify},
    },
};
use rusqlite::Connection;

use crate::clinic::{Clinic, START, ada, help_desk, rng};

/// A clinic with some events, sealed by several checkpoints, and those as they are kept outside.
pub(crate) async fn sealed() -> (Clinic, Vec<Checkpoint>) {
    let (clinic, app) = Clinic::with_token().await;
    let mut kept = seal(&clinic, START).await;
    for step in 1..=3 {
        let now = START.plus(step * 30);
        let serial = app.serial();
        let purpose = registry::Purpose::Signing;
        clinic.registry.verify(&ada(), &serial, &app.code(now), purpose, now).await.unwrap();
        kept.extend(seal(&clinic, now).await);
    }
    (clinic, kept)
}

pub(crate) async fn seal(clinic: &Clinic, now: UnixTime) -> Vec<Checkpoint> {
    let mut made = Vec::new();
    while let Some(checkpoint) = try_seal(clinic, now).await.unwrap() {
        made.push(checkpoint);
    }
    made
}

pub(crate) async fn try_seal(clinic: &Clinic, now: UnixTime) -> Result<Option<Checkpoint>, Error> {
    let before = clinic.registry.last_checkpoint().await?;
    let sealed = clinic.registry.seal_audit(before.as_ref(), now, &mut rng()).await;
    sealed.map(|sealed| sealed.map(|sealed| sealed.checkpoint))
}

/// The database by another program's hands, its triggers out of the way.
pub(crate) fn tamper(clinic: &Clinic, sql: &str) {
    let database = open(clinic.folder.path());
    database
        .execute_batch("DROP TRIGGER events_do_not_change; DROP TRIGGER events_are_kept;")
        .unwrap();
    database.execute_batch(sql).unwrap();
}

pub(crate) fn open(folder: &Path) -> Connection {
    Connection::open(folder.join("countersign.db")).unwrap()
}

pub(crate) async fn look(clinic: &Clinic, kept: &[Checkpoint]) -> Verified {
    let outside = Outside { checkpoints: kept.to_vec(), first_key: kept.first().map(|c| c.key) };
    verify(&*clinic.store, &outside).await.unwrap()
}

pub(crate) async fn findings(clinic: &Clinic, kept: &[Checkpoint]) -> Vec<Finding> {
    look(clinic, kept).await.findings
}

fn last_event(kept: &[Checkpoint]) -> u64 {
    kept.last().unwrap().statement.last_event
}

#[tokio::test]
async fn what_nobody_touched_verifies() {
    let (clinic, kept) = sealed().await;
    let verified = look(&clinic, &kept).await;
    assert_eq!(verified.findings, []);
    assert_eq!(verified.events, last_event(&kept));
    assert_eq!((verified.unsealed, verified.checkpoints), (0, 4));
    assert_eq!(verified.compared, 4);
    // Also by nothing but itself; new events wait for their seal.
    clinic.begin(ada(), START.plus(200)).await;
    let verified = look(&clinic, &[]).await;
    assert_eq!((verified.findings, verified.unsealed, verified.compared), (vec![], 1, 0));
}

#[tokio::test]
async fn an_edit_is_found_in_every_column_of_the_first_a_middle_and_the_last_event() {
    let (clinic, kept) = sealed().await;
    let last = last_event(&kept);
    tamper(&clinic, "CREATE TABLE untouched AS SELECT * FROM events");
    for column in [
        "at = at + 1",
        "actor = 'nobody'",
        "actor_name = 'Mallory'",
        "actor_token = 'SYMC12345678'",
        "kind = 'nothing'",
        "outcome = 'none'",
        "account = 1679576722",
        "serial = 'SYMC12345678'",
        "purpose = 'none'",
        "cause = 'no cause'",
    ] {
        for id in [1, last / 2, last] {
            let database = open(clinic.folder.path());
            let edit = format!("UPDATE events SET {column} WHERE id = {id}");
            database.execute_batch(&edit).unwrap();
            let found = findings(&clinic, &kept).await;
            assert_eq!(found, [Finding::EventChanged { id }], "{column} of {id}");
            let restore = "DELETE FROM events; INSERT INTO events SELECT * FROM untouched";
            database.execute_batch(restore).unwrap();
        }
    }
    assert_eq!(findings(&clinic, &kept).await, []);
}

#[tokio::test]
async fn a_deletion_is_found_at_both_ends_and_in_the_middle_with_or_without_its_link() {
    for link_too in [false, true] {
        for place in [1, 0, -1] {
            let (clinic, kept) = sealed().await;
            let last = last_event(&kept);
            let id = match place {
                1 => 1,
                0 => last / 2,
                _ => last,
            };
            tamper(&clinic, &format!("DELETE FROM events WHERE id = {id}"));
            if link_too {
                let sql = format!("DELETE FROM audit_links WHERE event = {id}");
                open(clinic.folder.path()).execute_batch(&sql).unwrap();
            }
            let missing = Finding::EventsMissing { first: id, last: id };
            assert_eq!(findings(&clinic, &kept).await, [missing], "{id}, link too: {link_too}");
        }
    }
}

#[tokio::test]
async fn many_that_were_removed_are_named_as_one_run() {
    let (clinic, kept) = sealed().await;
    tamper(
        &clinic,
        "DELETE FROM events WHERE id BETWEEN 2 AND 4; DELETE FROM audit_links WHERE event IN (3, 4)",
    );
    let missing = Finding::EventsMissing { first: 2, last: 4 };
    assert_eq!(findings(&clinic, &kept).await, [missing]);
}

#[tokio::test]
async fn two_that_were_exchanged_are_both_named() {
    let (clinic, kept) = sealed().await;
    tamper(
        &clinic,
        "UPDATE events SET id = -1 WHERE id = 2; UPDATE events SET id = 2 WHERE id = 4;
         UPDATE events SET id = 4 WHERE id = -1;",
    );
    let expected = [Finding::EventChanged { id: 2 }, Finding::EventChanged { id: 4 }];
    assert_eq!(findings(&clinic, &kept).await, expected);
}

#[tokio::test]
async fn whoever_mends_the_links_too_is_found_by_the_next_checkpoint() {
    let (clinic, kept) = sealed().await;
    let last = last_event(&kept);
    tamper(&clinic, &format!("UPDATE events SET cause = 'none' WHERE id = {last}"));
    let (rows, before) = (
        clinic.store.audit_rows_after(last - 1, 1).await.unwrap(),
        clinic.store.audit_links_after(last - 2, 1).await.unwrap(),
    );
    let mended = before[0].1.then(&rows[0]);
    open(clinic.folder.path())
        .execute(
            "UPDATE audit_links SET link = ?1 WHERE event = ?2",
            rusqlite::params![mended.0, i64::try_from(last).unwrap()],
        )
        .unwrap();
    let found = findings(&clinic, &kept).await;
    let [Finding::EventsRewritten { first, last: to, checkpoint: 4 }] = found[..] else {
        panic!("{found:?}")
    };
    assert!(first <= last && to == last, "{first} to {to}");
}

#[tokio::test]
async fn a_removed_link_and_a_removed_or_changed_checkpoint_are_found() {
    let (clinic, kept) = sealed().await;
    tamper(&clinic, "DELETE FROM audit_links WHERE event = 3");
    assert_eq!(findings(&clinic, &kept).await, [Finding::LinksMissing { first: 3, last: 3 }]);

    let (clinic, kept) = sealed().await;
    tamper(&clinic, "DELETE FROM audit_checkpoints WHERE number = 2");
    assert_eq!(findings(&clinic, &kept).await, [Finding::CheckpointsMissing { first: 2, last: 2 }]);
    assert_eq!(findings(&clinic, &[]).await, [Finding::CheckpointsMissing { first: 2, last: 2 }]);

    let (clinic, kept) = sealed().await;
    tamper(&clinic, "UPDATE audit_checkpoints SET at = at + 1 WHERE number = 3");
    let found = findings(&clinic, &kept).await;
    assert!(found.contains(&Finding::CheckpointsForged { first: 3, last: 3 }), "{found:?}");
}

#[tokio::test]
async fn an_end_that_was_cut_off_with_all_its_checkpoints_is_found_by_those_outside() {
    let (clinic, kept) = sealed().await;
    let [.., before, cut] = &kept[..] else { panic!() };
    let from = before.statement.last_event;
    tamper(
        &clinic,
        &format!(
            "DELETE FROM events WHERE id > {from}; DELETE FROM audit_links WHERE event > {from};
             DELETE FROM audit_checkpoints WHERE number = {}",
            cut.statement.number
        ),
    );
    assert_eq!(findings(&clinic, &[]).await, [], "nothing in the database itself shows it");
    let found = findings(&clinic, &kept).await;
    let last_event = cut.statement.last_event;
    let missing = Finding::EventsMissing { first: from + 1, last: last_event };
    assert_eq!(found, [Finding::RolledBack { ends_at: 3, must_reach: 4, last_event }, missing]);
}

#[tokio::test]
async fn an_old_backup_brought_back_is_found_also_when_it_has_gone_on_since() {
    let (clinic, mut kept) = sealed().await;
    let backup = tempfile::tempdir().unwrap();
    let copy = backup.path().join("countersign.db");
    let sql = format!("VACUUM INTO '{}'", copy.display());
    open(clinic.folder.path()).execute_batch(&sql).unwrap();
    clinic.begin(ada(), START.plus(300)).await;
    kept.extend(seal(&clinic, START.plus(300)).await);

    let store = std::sync::Arc::new(SqliteStore::open(&copy).unwrap());
    let outside = Outside { checkpoints: kept.clone(), first_key: None };
    let last_event = last_event(&kept);
    let found = verify(&*store, &outside).await.unwrap().findings;
    let missing = Finding::EventsMissing { first: last_event, last: last_event };
    assert_eq!(found, [Finding::RolledBack { ends_at: 4, must_reach: 5, last_event }, missing]);

    let master = clinic.master();
    let registry = Registry::open(store.clone(), master, START, &mut rng()).await.unwrap();
    for now in [400, 401].map(|seconds| START.plus(seconds)) {
        registry.unlock_sign_in(&help_desk(), &ada(), now).await.unwrap();
        let before = registry.last_checkpoint().await.unwrap();
        registry.seal_audit(before.as_ref(), now, &mut rng()).await.unwrap().unwrap();
    }
    // The other history is named as one, and the event that took the place of the genuine one.
    let (first, last) = (last_event, last_event);
    let expected = [
        Finding::CheckpointsDiffer { first: 5, last: 6 },
        Finding::EventsRewritten { first, last, checkpoint: 5 },
    ];
    assert_eq!(verify(&*store, &outside).await.unwrap().findings, expected);
}

#[tokio::test]
async fn a_whole_new_audit_under_a_new_key_is_not_the_auditors() {
    let (_, kept) = sealed().await;
    let (other, _) = sealed().await;
    let found = findings(&other, &kept).await;
    assert!(found.contains(&Finding::CheckpointsForged { first: 1, last: 4 }), "{found:?}");
    let only_key = Outside { checkpoints: Vec::new(), first_key: Some(kept[0].key) };
    let found = verify(&*other.store, &only_key).await.unwrap().findings;
    assert_eq!(found, [Finding::CheckpointsForged { first: 1, last: 4 }]);
}

#[tokio::test]
async fn checkpoints_that_were_cut_off_alone_are_told_by_the_links() {
    let (clinic, kept) = sealed().await;
    tamper(&clinic, "DELETE FROM audit_checkpoints WHERE number = 4");
    let (covered, linked) = (kept[2].statement.last_event, last_event(&kept));
    assert_eq!(findings(&clinic, &[]).await, [Finding::CheckpointsCutOff { covered, linked }]);
    open(clinic.folder.path()).execute_batch("DELETE FROM audit_checkpoints").unwrap();
    let cut_off = Finding::CheckpointsCutOff { covered: 0, linked };
    assert_eq!(findings(&clinic, &[]).await, [cut_off]);
    open(clinic.folder.path()).execute_batch("DELETE FROM audit_links").unwrap();
    let only_key = Outside { checkpoints: Vec::new(), first_key: Some(kept[0].key) };
    let found = verify(&*clinic.store, &only_key).await.unwrap().findings;
    assert_eq!(found, [Finding::NoCheckpoints]);
}

#[tokio::test]
async fn records_that_cannot_be_are_found_and_stop_no_search() {
    let last = 9_223_372_036_854_775_807;
    let forged = Finding::CheckpointsForged { first: last, last };
    let missing = |first, last| Finding::CheckpointsMissing { first, last };
    for (sql, expected) in [
        (
            "UPDATE audit_links SET link = zeroblob(31) WHERE event = 3",
            vec![Finding::LinksMissing { first: 3, last: 3 }],
        ),
        (
            "UPDATE audit_links SET link = zeroblob(32) WHERE event = 3",
            vec![Finding::LinksChanged { first: 3, last: 3 }],
        ),
        (
            "UPDATE events SET cause = CAST(x'ff' AS TEXT) WHERE id = 3",
            vec![Finding::EventChanged { id: 3 }],
        ),
        ("UPDATE events SET at = -1 WHERE id = 3", vec![Finding::EventChanged { id: 3 }]),
        ("UPDATE audit_checkpoints SET at = -1 WHERE number = 2", vec![missing(2, 2)]),
        ("UPDATE audit_checkpoints SET last_event = -1 WHERE number = 3", vec![missing(3, 3)]),
        (
            "UPDATE audit_checkpoints SET number = 9223372036854775807 WHERE number = 4",
            vec![missing(4, last - 1), forged],
        ),
        (
            "INSERT INTO events SELECT 0, at, actor, actor_name, kind, outcome, account, serial, purpose, cause, actor_token, reference FROM events WHERE id = 1",
            vec![Finding::OutOfPlace { records: 1 }],
        ),
        (
            "INSERT INTO audit_links SELECT -7, link FROM audit_links WHERE event = 1",
            vec![Finding::OutOfPlace { records: 1 }],
        ),
    ] {
        let (clinic, kept) = sealed().await;
        tamper(&clinic, sql);
        assert_eq!(findings(&clinic, &kept).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn whoever_mends_all_links_to_the_end_leaves_the_innocent_unnamed() {
    let (clinic, kept) = sealed().await;
    let (edited, last) = (2, last_event(&kept));
    tamper(&clinic, &format!("UPDATE events SET cause = 'none' WHERE id = {edited}"));
    let rows = clinic.store.audit_rows_after(edited - 1, 1_000).await.unwrap();
    let mut link = clinic.store.audit_links_after(edited - 2, 1).await.unwrap()[0].1;
    for row in &rows {
        link = link.then(row);
        let id = i64::try_from(row.id).unwrap();
        let mend = "UPDATE audit_links SET link = ?1 WHERE event = ?2";
        open(clinic.folder.path()).execute(mend, rusqlite::params![link.0, id]).unwrap();
    }
    let sealed = kept[0].statement.last_event;
    let expected = [
        Finding::EventsRewritten { first: 1, last: sealed, checkpoint: 1 },
        Finding::LinksChanged { first: sealed + 1, last },
    ];
    assert_eq!(findings(&clinic, &kept).await, expected);
}

#[tokio::test]
async fn after_a_gap_a_strangers_key_is_no_better() {
    let (clinic, kept) = sealed().await;
    let (stranger, _) = sealed().await;
    let path = stranger.folder.path().join("countersign.db").display().to_string();
    let sql = format!(
        "ATTACH '{path}' AS stranger; DELETE FROM audit_checkpoints WHERE number > 1;
         INSERT INTO audit_checkpoints SELECT * FROM stranger.audit_checkpoints WHERE number > 2;"
    );
    open(clinic.folder.path()).execute_batch(&sql).unwrap();
    let only_key = Outside { checkpoints: Vec::new(), first_key: Some(kept[0].key) };
    let verified = verify(&*clinic.store, &only_key).await.unwrap();
    let expected = [
        Finding::CheckpointsMissing { first: 2, last: 2 },
        Finding::CheckpointsForged { first: 3, last: 4 },
    ];
    assert_eq!(verified.findings, expected);
    let sealed = kept[0].statement.last_event;
    assert_eq!(verified.unsealed, last_event(&kept) - sealed, "they cover nothing");
}

#[tokio::test]
async fn a_line_added_outside_does_not_take_the_place_of_the_first() {
    let (clinic, mut kept) = sealed().await;
    let (_, strangers) = sealed().await;
    kept.push(kept[3]);
    assert_eq!(findings(&clinic, &kept).await, [], "the same once more is no other");
    kept.push(strangers[3]);
    assert_eq!(findings(&clinic, &kept).await, [Finding::OutsideUnclear { number: 4 }]);
}
