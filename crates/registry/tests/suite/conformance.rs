//! What every store must do: [`conforms`] takes any, and each has its test.

use std::sync::Arc;

use oath::{Drift, Hotp, Manufacturer, Period, SerialNumber, TokenType, Totp, UnixTime};
use provisioning::{ActivationId, PinPolicy, ReportId};
use registry::{
    Account, Actor, EventKind, Factor, Lock, NetworkSync, Npi, Otp, Outcome, Purpose, SecondFactor,
    Store, StoreError, Token, TokenState,
    account::AccountRecord,
    activation::{ActivationRecord, ActivationState},
    audit::{
        chain::Link,
        checkpoint::{Checkpoint, Statement},
        keys::AuditPublicKey,
    },
    event::NewEvent,
    session::SessionRecord,
    store::{Changes, Write},
    token::TokenRecord,
    values::SessionId,
};

use crate::{
    clinic::{START, ada, ben, label},
    conformance_access::{
        passphrase_resets_are_kept, pending_access_of_a_party_is_counted,
        the_access_that_was_executed_last_is_found, tokens_of_an_account_are_counted,
    },
    conformance_notices::{
        a_cursor_is_moved_by_one_of_those_who_read_it, notices_are_kept_until_they_are_sent,
        notices_take_turns_by_account,
    },
    conformance_relying::{
        answers_are_kept_for_a_day, api_keys_are_kept, misses_that_named_no_token_are_counted,
        what_is_under_way_is_answered_once_or_forgotten,
    },
    conformance_sealed::what_is_sealed_is_found_and_sealed_anew,
    conformance_webhooks::{
        the_codes_between_events_are_left_out, webhooks_are_kept,
        what_loses_tokens_is_found_by_its_time,
    },
    stores::{Place, on_every_store},
};

/// The suite: `place` gives a place for an empty store each time.
async fn conforms(place: impl Fn() -> Place) {
    let fresh = async || place().open().await;
    what_is_written_is_read(&*fresh().await).await;
    a_judged_token_is_written_if_it_is_as_it_was_read(&*fresh().await).await;
    an_update_expects_its_version(&*fresh().await).await;
    an_insert_expects_nothing_there(&*fresh().await).await;
    all_or_nothing(&*fresh().await).await;
    one_open_activation_an_account(&*fresh().await).await;
    an_own_id_is_one_accounts_for_good(&*fresh().await).await;
    sessions_are_touched_and_forgotten(&*fresh().await).await;
    passphrase_resets_are_kept(&*fresh().await).await;
    tokens_of_an_account_are_counted(&*fresh().await).await;
    pending_access_of_a_party_is_counted(&*fresh().await).await;
    api_keys_are_kept(&*fresh().await).await;
    answers_are_kept_for_a_day(&*fresh().await).await;
    what_is_under_way_is_answered_once_or_forgotten(&*fresh().await).await;
    misses_that_named_no_token_are_counted(&*fresh().await).await;
    webhooks_are_kept(&*fresh().await).await;
    the_codes_between_events_are_left_out(&*fresh().await).await;
    what_loses_tokens_is_found_by_its_time(&*fresh().await).await;
    a_cursor_is_moved_by_one_of_those_who_read_it(&*fresh().await).await;
    notices_are_kept_until_they_are_sent(&*fresh().await).await;
    notices_take_turns_by_account(&*fresh().await).await;
    the_access_that_was_executed_last_is_found(&*fresh().await).await;
    what_is_sealed_is_found_and_sealed_anew(&*fresh().await).await;
    events_come_in_order(&*fresh().await).await;
    the_audit_is_read_in_order(&*fresh().await).await;
    tokens_come_in_order(&*fresh().await).await;
    of_many_at_once_one_wins(fresh().await).await;
}

pub(crate) fn account(npi: Npi) -> AccountRecord {
    AccountRecord {
        account: Account {
            npi,
            id: Some(format!("EHR-{npi}").parse().unwrap()),
            name: label("Ada Lovelace"),
            mail: "ada@example.org".parse().unwrap(),
            phone: Some("+1 410 555 0134".parse().unwrap()),
            address: Some("1 Main St\n\nReno\nNV\n89501".parse().unwrap()),
            proofing: "Hedy saw the passport".parse().unwrap(),
            opened: START,
            sign_in_failures: 3,
            access_ended: None,
            sign_in_pause: Some(Lock::Until(START.plus(9))),
        },
        passphrase_hash: "$argon2id$...".to_owned(),
        version: 1,
    }
}

pub(crate) fn activation(id: u8, npi: Npi) -> ActivationRecord {
    ActivationRecord {
        id: ActivationId::from_bytes([id; 16]),
        npi,
        state: ActivationState::Begun,
        opens_access: true,
        pin: PinPolicy::new(6).unwrap(),
        serial: None,
        replaces: None,
        sealed_secret: vec![1, 2, 3],
        confirmation_tag: [7; 32],
        confirmation_expires: START.plus(5),
        wrong_confirmations: 2,
        begun: START,
        expires: START.plus(6),
        version: 1,
    }
}

fn serial(text: &str) -> SerialNumber {
    text.parse().unwrap()
}

pub(crate) fn token(text: &str) -> TokenRecord {
    let token = Token {
        serial: serial(text),
        state: TokenState::Provisioned,
        owner: None,
        activation: None,
        name: label("Phone \"1\" – ä"),
        manufacturer: Manufacturer::Symantec,
        issuer: None,
        token_type: TokenType::Hard,
        device: Some(label("phone")),
        platform: Some(label("linux")),
        devices: registry::Devices::Same,
        provisioned_from: Some([5; 32]),
        otp: Otp::Totp(Totp::default()),
        drift: Drift::from_parts(-7, 3),
        last_accepted: None,
        last_used: None,
        failures: 0,
        near_misses: 0,
        lock: None,
        rehearsal_misses: 0,
        rehearsing_since: None,
        sync: NetworkSync::NotNeeded,
        provisioned: START,
        associated: None,
    };
    TokenRecord { token, sealed_seed: vec![9; 60], version: 1 }
}

fn session(id: u8, factor: Factor) -> SessionRecord {
    let id = SessionId::from_bytes([id; 32]);
    SessionRecord { id, npi: ada(), factor, signed_in: START, last_seen: START, version: 1 }
}

fn event(at: u64, account: Option<Npi>) -> NewEvent {
    NewEvent {
        at: UnixTime(at),
        actor: Actor::Administrator { name: label("Hedy"), session: None },
        kind: EventKind::CodeJudged,
        outcome: Outcome::Refused,
        account,
        serial: Some(serial("SYMC12345678")),
        purpose: Some(Purpose::Signing),
        cause: Some("wrong".to_owned()),
        reference: Some("rx-7".parse().unwrap()),
    }
}

pub(crate) async fn write(
    store: &dyn Store,
    writes: impl Into<Vec<Write>>,
) -> Result<(), StoreError> {
    store.commit(Changes { writes: writes.into(), events: Vec::new() }).await
}

fn insert(record: &TokenRecord) -> Write {
    Write::InsertToken(Box::new(record.clone()))
}

fn update(record: &TokenRecord) -> Write {
    Write::UpdateToken(Box::new(record.clone()))
}

async fn a_judged_token_is_written_if_it_is_as_it_was_read(store: &dyn Store) {
    let mut record = token("AVT987");
    write(store, [insert(&record)]).await.unwrap();
    let judged = Token {
        state: TokenState::Locked,
        otp: Otp::Totp(Totp { period: Period::SECONDS_60, ..Totp::default() }),
        drift: Drift::from_parts(3, -2),
        last_accepted: Some(60_000_001),
        last_used: Some(START.plus(9)),
        failures: 10,
        near_misses: 2,
        lock: Some(Lock::Until(START.plus(900))),
        rehearsal_misses: 3,
        rehearsing_since: Some(START.plus(4)),
        ..record.token.clone()
    };
    let update = |version| Write::UpdateJudged { token: Box::new(judged.clone()), version };
    assert_eq!(write(store, [update(2)]).await, Err(StoreError::Conflict));
    // A conflict keeps the events of its own changes away, and nobody else's.
    let both = |version| Changes { writes: vec![update(version)], events: vec![event(5, None)] };
    let (one, other) = tokio::join!(store.commit(both(1)), store.commit(both(1)));
    assert_eq!([one, other].iter().filter(|result| result.is_ok()).count(), 1);
    (record.token, record.version) = (judged, 2);
    assert_eq!(store.token(&record.token.serial).await.unwrap(), Some(record));
    assert_eq!(store.events(None, 9).await.unwrap().len(), 1);
}

async fn what_is_written_is_read(store: &dyn Store) {
    let (person, invited, mut bare) = (account(ada()), activation(1, ada()), token("AVT123"));
    bare.token.otp = Otp::TotpOfUnknownStep(Hotp::default());
    (bare.token.device, bare.token.platform) = (None, None);
    let mut full = token("SYMC12345678");
    full.token = Token {
        state: TokenState::Locked,
        owner: Some(ada()),
        activation: Some(invited.id),
        issuer: Some(label("Clinic")),
        last_accepted: Some(60_000_000),
        last_used: Some(START),
        failures: 10,
        near_misses: 1,
        lock: Some(Lock::UntilUnlocked),
        rehearsal_misses: 4,
        rehearsing_since: Some(START.plus(1)),
        sync: NetworkSync::Pending { begun: START, attempts: 3, next: START.plus(40) },
        associated: Some(START.plus(2)),
        ..full.token
    };
    let by_code = SecondFactor::Token(serial("SYMC12345678"));
    let sessions = [
        session(1, Factor::Half),
        session(2, Factor::Full { at: START, by: SecondFactor::Confirmation(invited.id) }),
        session(3, Factor::Full { at: START.plus(1), by: by_code }),
    ];
    let mut writes = vec![
        Write::InsertSecret { name: "one".to_owned(), sealed: vec![0, 255], made: START },
        Write::InsertAccount(person.clone()),
        Write::InsertActivation(invited.clone()),
        insert(&full),
        insert(&bare),
    ];
    writes.extend(sessions.iter().cloned().map(Write::InsertSession));
    let key = "key-1".parse().unwrap();
    let at = START;
    let serial = full.token.serial.clone();
    writes.push(Write::InsertAssociation { npi: ada(), key, serial: serial.clone(), at });
    let (lost, id) = (bare.token.serial.clone(), ReportId::from_bytes([1; 16]));
    writes.push(Write::InsertReport { reporter: serial.clone(), id, lost, at });
    write(store, writes).await.unwrap();
    write(store, [Write::Nothing]).await.unwrap();

    assert_eq!(store.secret("one").await.unwrap(), Some(vec![0, 255]));
    assert_eq!(store.account(ada()).await.unwrap(), Some(person));
    assert_eq!(store.activation(invited.id).await.unwrap().as_ref(), Some(&invited));
    assert_eq!(store.open_activation(ada()).await.unwrap(), Some(invited));
    assert_eq!(store.token(&serial).await.unwrap().as_ref(), Some(&full));
    assert_eq!(store.sealed_seed(&serial).await.unwrap().as_ref(), Some(&full.sealed_seed));
    assert_eq!(store.token(&bare.token.serial).await.unwrap().as_ref(), Some(&bare));
    assert_eq!(store.tokens_of(ada()).await.unwrap().as_slice(), std::slice::from_ref(&full));
    for session in sessions {
        assert_eq!(store.session(session.id).await.unwrap(), Some(session));
    }
    let found = |npi, key: &str| {
        let key = key.parse().unwrap();
        async move { store.association(npi, &key).await.unwrap() }
    };
    assert_eq!(found(ada(), "key-1").await, Some(serial));
    assert_eq!(found(ben(), "key-1").await, None);
    assert_eq!(found(ada(), "key-2").await, None);
    let reported = |reporter: &SerialNumber, id| {
        let reporter = reporter.clone();
        async move { store.report(&reporter, ReportId::from_bytes([id; 16])).await.unwrap() }
    };
    assert_eq!(reported(&full.token.serial, 1).await, Some(bare.token.serial.clone()));
    assert_eq!(reported(&full.token.serial, 2).await, None);
    assert_eq!(reported(&bare.token.serial, 1).await, None);
    nothing_is_there_that_was_not_written(store).await;
}

async fn nothing_is_there_that_was_not_written(store: &dyn Store) {
    assert_eq!(store.secret("two").await.unwrap(), None);
    assert_eq!(store.account(ben()).await.unwrap(), None);
    assert_eq!(store.activation(ActivationId::from_bytes([9; 16])).await.unwrap(), None);
    assert_eq!(store.open_activation(ben()).await.unwrap(), None);
    assert_eq!(store.token(&serial("FT99")).await.unwrap(), None);
    assert_eq!(store.sealed_seed(&serial("FT99")).await.unwrap(), None);
    assert_eq!(store.tokens_of(ben()).await.unwrap(), []);
    assert_eq!(store.session(SessionId::from_bytes([9; 32])).await.unwrap(), None);
    assert_eq!(store.events(None, 10).await.unwrap(), []);
}

async fn an_update_expects_its_version(store: &dyn Store) {
    let (person, invited, mut device) = (account(ada()), activation(1, ada()), token("FT1234"));
    let half = session(1, Factor::Half);
    let inserts = [
        Write::InsertAccount(person.clone()),
        Write::InsertActivation(invited.clone()),
        insert(&device),
        Write::InsertSession(half.clone()),
    ];
    write(store, inserts).await.unwrap();

    device.token.failures = 1;
    device.token.near_misses = 2;
    device.token.otp = Otp::Hotp(Hotp::default());
    let version = 1;
    let updates = [
        Write::UpdateAccount(person),
        Write::UpdateActivation(invited),
        update(&device),
        Write::UpdateSession(half),
        Write::ExpectToken { serial: device.token.serial.clone(), version },
    ];
    // Each is of version 1: good once (but for the last, which changes nothing), not twice.
    write(store, [updates[4].clone()]).await.unwrap();
    for stale in &updates[..4] {
        write(store, [stale.clone()]).await.unwrap();
        assert_eq!(write(store, [stale.clone()]).await, Err(StoreError::Conflict), "{stale:?}");
    }
    assert_eq!(write(store, [updates[4].clone()]).await, Err(StoreError::Conflict));
    let read = store.token(&device.token.serial).await.unwrap().unwrap();
    assert_eq!((read.version, read.token.failures), (2, 1));
    assert_eq!(read.token.near_misses, 2);
    assert_eq!(read.token.otp, device.token.otp, "what was learnt of it is kept");
    assert_eq!(read.sealed_seed, device.sealed_seed);
    // Nothing is updated that is not there.
    let absent = token("FT9999");
    assert_eq!(write(store, [update(&absent)]).await, Err(StoreError::Conflict));
}

async fn an_insert_expects_nothing_there(store: &dyn Store) {
    let key = || "key-1".parse().unwrap();
    let inserts = [
        Write::InsertSecret { name: "one".to_owned(), sealed: vec![1], made: START },
        Write::InsertAccount(account(ada())),
        Write::InsertActivation(activation(1, ada())),
        insert(&token("FT1234")),
        Write::InsertSession(session(1, Factor::Half)),
        Write::InsertAssociation { npi: ada(), key: key(), serial: serial("FT1234"), at: START },
        Write::InsertReport {
            reporter: serial("FT1234"),
            id: ReportId::from_bytes([1; 16]),
            lost: serial("FT1234"),
            at: START,
        },
    ];
    for new in &inserts {
        write(store, [new.clone()]).await.unwrap();
        assert_eq!(write(store, [new.clone()]).await, Err(StoreError::Conflict), "{new:?}");
    }
}

async fn all_or_nothing(store: &dyn Store) {
    let (one, two) = (token("FT0001"), token("FT0002"));
    write(store, [insert(&one)]).await.unwrap();
    let stale = TokenRecord { version: 9, ..one.clone() };
    for writes in [vec![insert(&two), update(&stale)], vec![insert(&two), insert(&one)]] {
        let changes = Changes { writes, events: vec![event(1, None)] };
        assert_eq!(store.commit(changes).await, Err(StoreError::Conflict));
        assert_eq!(store.token(&two.token.serial).await.unwrap(), None);
        assert_eq!(store.events(None, 10).await.unwrap(), [], "no event without what it records");
    }
    let changes = Changes { writes: vec![insert(&two)], events: vec![event(1, None)] };
    store.commit(changes).await.unwrap();
    assert_eq!(store.events(None, 10).await.unwrap().len(), 1);
}

async fn one_open_activation_an_account(store: &dyn Store) {
    let (first, second) = (activation(1, ada()), activation(2, ada()));
    write(store, [Write::InsertAccount(account(ada()))]).await.unwrap();
    write(store, [Write::InsertActivation(first.clone())]).await.unwrap();
    let beside = [Write::InsertActivation(second.clone())];
    assert_eq!(write(store, beside.clone()).await, Err(StoreError::Conflict));
    let state = ActivationState::Superseded;
    let replaced = Write::UpdateActivation(ActivationRecord { state, ..first });
    write(store, [replaced, beside[0].clone()]).await.unwrap();
    assert_eq!(store.open_activation(ada()).await.unwrap().unwrap().id, second.id);
}

async fn an_own_id_is_one_accounts_for_good(store: &dyn Store) {
    let adas = account(ada());
    let id = adas.account.id.clone().unwrap();
    assert_eq!(store.account_by_id(&id).await.unwrap(), None);
    write(store, [Write::InsertAccount(adas.clone())]).await.unwrap();
    assert_eq!(store.account_by_id(&id).await.unwrap(), Some(adas.clone()));
    assert_eq!(store.account_by_id(&"ehr".parse().unwrap()).await.unwrap(), None);
    let mut bens = account(ben());
    bens.account.id = Some(id.clone());
    assert_eq!(write(store, [Write::InsertAccount(bens.clone())]).await, Err(StoreError::Conflict));
    bens.account.id = None;
    write(store, [Write::InsertAccount(bens)]).await.unwrap();
    write(store, [Write::UpdateAccount(adas)]).await.unwrap();
    assert_eq!(store.account_by_id(&id).await.unwrap().unwrap().version, 2);
    let found = store.accounts_with(&id.as_str().to_lowercase()[..7], None, 9).await.unwrap();
    assert_eq!(found.len(), 1, "the other has none");
}

async fn forgotten_by_their_token(store: &dyn Store) {
    let by = |number, text: &str| {
        let by = SecondFactor::Token(serial(text));
        session(number, Factor::Full { at: START, by })
    };
    let (one, same, other) = (by(3, "FT12345678"), by(4, "FT12345678"), by(5, "FT87654321"));
    write(store, [&one, &same, &other].map(|one| Write::InsertSession(one.clone()))).await.unwrap();
    let lost = serial("FT12345678");
    let forget = |npi, except| Write::ForgetSessionsBy { npi, serial: lost.clone(), except };
    write(store, [forget(ben(), None), forget(ada(), Some(same.id))]).await.unwrap();
    for (record, stays) in [(&one, false), (&same, true), (&other, true)] {
        assert_eq!(store.session(record.id).await.unwrap().is_some(), stays);
    }
    write(store, [forget(ada(), None)]).await.unwrap();
    assert_eq!(store.session(same.id).await.unwrap(), None);
}

async fn sessions_are_touched_and_forgotten(store: &dyn Store) {
    let old = session(1, Factor::Half);
    let new = SessionRecord { signed_in: START.plus(10), ..session(2, Factor::Half) };
    let writes = [
        Write::InsertAccount(account(ada())),
        Write::InsertSession(old.clone()),
        Write::InsertSession(new.clone()),
    ];
    write(store, writes).await.unwrap();
    for seen in [START.plus(7), START.plus(5)] {
        write(store, [Write::TouchSession { id: old.id, seen }]).await.unwrap();
        let read = store.session(old.id).await.unwrap().unwrap();
        assert_eq!((read.last_seen, read.version), (START.plus(7), 1));
    }
    let before = START.plus(10);
    write(store, [Write::ForgetSessions { npi: ben(), before }]).await.unwrap();
    assert!(store.session(old.id).await.unwrap().is_some());
    write(store, [Write::ForgetSessions { npi: ada(), before }]).await.unwrap();
    assert_eq!(store.session(old.id).await.unwrap(), None);
    assert!(store.session(new.id).await.unwrap().is_some());
    forgotten_by_their_token(store).await;
    let expected = Write::ExpectSession { id: new.id, version: 1 };
    write(store, [expected.clone()]).await.unwrap();
    let other = Write::ExpectSession { id: new.id, version: 2 };
    assert_eq!(write(store, [other]).await, Err(StoreError::Conflict));
    for _ in 0..2 {
        write(store, [Write::DeleteSession(new.id)]).await.unwrap();
        assert_eq!(write(store, [expected.clone()]).await, Err(StoreError::Conflict));
        assert_eq!(store.session(new.id).await.unwrap(), None);
    }
}

async fn events_come_in_order(store: &dyn Store) {
    for at in 1..=5 {
        let account = if at % 2 == 0 { Some(ada()) } else { None };
        let events = vec![event(at, account), event(at, Some(ben()))];
        store.commit(Changes { writes: Vec::new(), events }).await.unwrap();
    }
    let all = store.events(None, 100).await.unwrap();
    assert_eq!(all.len(), 10);
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id));
    assert_eq!(all[9].what, event(1, None));
    let adas = store.events(Some(ada()), 100).await.unwrap();
    assert_eq!(adas.iter().map(|event| event.what.at.0).collect::<Vec<_>>(), [4, 2]);
    assert_eq!(store.events(None, 3).await.unwrap(), all[..3]);
    assert_eq!(store.events(Some(ben()), 1).await.unwrap(), [all[0].clone()]);
    let actors = [
        Actor::Prescriber { npi: ada() },
        Actor::Administrator { name: label("Hedy"), session: None },
        Actor::Token { npi: ada(), serial: serial("SYMC12345678") },
        Actor::RelyingParty { name: label("Vendor"), signed_in: None },
        Actor::App,
        Actor::Stranger,
        Actor::System,
    ];
    for actor in actors {
        let told = NewEvent { actor, purpose: None, serial: None, cause: None, ..event(9, None) };
        let events = vec![told.clone()];
        store.commit(Changes { writes: Vec::new(), events }).await.unwrap();
        assert_eq!(store.events(None, 1).await.unwrap()[0].what, told);
    }
}

async fn the_audit_is_read_in_order(store: &dyn Store) {
    let events: Vec<_> = (10..15).map(|at| event(at, None)).collect();
    store.commit(Changes { writes: Vec::new(), events }).await.unwrap();
    let between = store.events_between(UnixTime(11), UnixTime(14), 0, 100).await.unwrap();
    let instants =
        |events: &[registry::Event]| events.iter().map(|e| e.what.at.0).collect::<Vec<_>>();
    assert_eq!(instants(&between), [11, 12, 13]);
    let rest = store.events_between(UnixTime(11), UnixTime(14), between[0].id, 1).await.unwrap();
    assert_eq!(instants(&rest), [12]);

    let rows = store.audit_rows_after(1, 2).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [2, 3]);
    let text = |text: &str| Some(text.as_bytes().to_vec());
    let expected = [
        text("11"),
        text("administrator"),
        text("Hedy"),
        None,
        text("code-judged"),
        text("refused"),
        None,
        text("SYMC12345678"),
        text("signing"),
        text("wrong"),
        text("rx-7"),
    ];
    assert_eq!(rows[0].columns, expected);

    let links = vec![(1, Link([1; 32])), (2, Link([2; 32]))];
    let checkpoint = |number| Checkpoint {
        statement: Statement {
            number,
            at: START,
            last_event: 2,
            link: Link([2; 32]),
            before: [3; 32],
            next_key: AuditPublicKey::from_bytes([4; 32]),
        },
        key: AuditPublicKey::from_bytes([5; 32]),
        signature: [6; 64],
    };
    assert_eq!(store.last_checkpoint().await.unwrap(), None);
    let first = Write::InsertCheckpoint(Box::new(checkpoint(1)));
    write(store, [Write::InsertLinks(links.clone()), first.clone()]).await.unwrap();
    write(store, [Write::InsertCheckpoint(Box::new(checkpoint(2)))]).await.unwrap();
    assert_eq!(write(store, [first]).await, Err(StoreError::Conflict));
    let twice = Write::InsertLinks(links[1..].to_vec());
    assert_eq!(write(store, [twice]).await, Err(StoreError::Conflict));
    assert_eq!(store.audit_links_after(0, 10).await.unwrap(), links);
    assert_eq!(store.audit_links_after(1, 10).await.unwrap(), links[1..]);
    assert_eq!(store.last_checkpoint().await.unwrap(), Some(checkpoint(2)));
    let both = [checkpoint(1), checkpoint(2)];
    assert_eq!(store.checkpoints_after(0, 10).await.unwrap(), both);
    assert_eq!(store.checkpoints_after(1, 10).await.unwrap(), both[1..]);
}

async fn tokens_come_in_order(store: &dyn Store) {
    write(store, [Write::InsertAccount(account(ada()))]).await.unwrap();
    for (text, associated) in [("FT0003", 1), ("FT0001", 3), ("FT0002", 2)] {
        let mut record = token(text);
        record.token.owner = Some(ada());
        record.token.associated = Some(UnixTime(associated));
        write(store, [insert(&record)]).await.unwrap();
    }
    let names = |records: Vec<TokenRecord>| -> Vec<String> {
        records.into_iter().map(|record| record.token.serial.as_str().to_owned()).collect()
    };
    assert_eq!(names(store.tokens_of(ada()).await.unwrap()), ["FT0003", "FT0002", "FT0001"]);
    let first = store.tokens_after(None, 2).await.unwrap();
    let last = first[1].token.serial.clone();
    assert_eq!(names(first), ["FT0001", "FT0002"]);
    assert_eq!(names(store.tokens_after(Some(&last), 2).await.unwrap()), ["FT0003"]);
}

async fn of_many_at_once_one_wins(store: Arc<dyn Store>) {
    let record = token("FT1234");
    write(&*store, [insert(&record)]).await.unwrap();
    let writers: Vec<_> = (0..200)
        .map(|n| {
            let (store, mut mine) = (store.clone(), record.clone());
            mine.token.failures = n;
            let changes =
                Changes { writes: vec![update(&mine)], events: vec![event(n.into(), None)] };
            tokio::spawn(async move { store.commit(changes).await.map(|()| n) })
        })
        .collect();
    let mut won = Vec::new();
    for writer in writers {
        match writer.await.unwrap() {
            Ok(n) => won.push(n),
            Err(error) => assert_eq!(error, StoreError::Conflict),
        }
    }
    let read = store.token(&record.token.serial).await.unwrap().unwrap();
    assert_eq!((won.as_slice(), read.version), ([read.token.failures].as_slice(), 2));
    let events = store.events(None, 1_000).await.unwrap();
    assert_eq!(events.iter().map(|e| e.what.at.0).collect::<Vec<_>>(), [u64::from(won[0])]);
}

on_every_store!(conforms);
