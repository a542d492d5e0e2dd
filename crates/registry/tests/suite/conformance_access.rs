//! What every store must do with passphrase resets and with changes of access: called by `conforms`.

use oath::UnixTime;
use registry::{
    Npi, Store, StoreError,
    access::{AccessChange, AccessDecision, AccessOrder, AccessRecord, AccessState, EnteredBy},
    passphrase_reset::{PassphraseResetRecord, ResetState},
    store::Write,
    values::ResetId,
};

use crate::{
    clinic::{START, ada, ben, label},
    conformance::{account, token, write},
};

fn reset(id: u8, npi: Npi, made: UnixTime) -> PassphraseResetRecord {
    PassphraseResetRecord {
        id: ResetId::from_bytes([id; 32]),
        npi,
        state: ResetState::Open,
        seen_by: label("Rosa"),
        tag: [7; 32],
        made,
        wrong: 0,
        used: None,
        submit: None,
        version: 1,
    }
}

pub(crate) async fn passphrase_resets_are_kept(store: &dyn Store) {
    let accounts = [ada(), ben()].map(|npi| Write::InsertAccount(account(npi)));
    write(store, accounts).await.unwrap();
    let insert =
        |record: &PassphraseResetRecord| Write::InsertPassphraseReset(Box::new(record.clone()));
    let update =
        |record: &PassphraseResetRecord| Write::UpdatePassphraseReset(Box::new(record.clone()));
    let (first, second) = (reset(9, ada(), START), reset(1, ada(), START.plus(1)));
    write(store, [insert(&first), insert(&reset(3, ben(), START))]).await.unwrap();
    assert_eq!(store.passphrase_reset(first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.passphrase_reset(ResetId::from_bytes([0; 32])).await.unwrap(), None);
    let beside = write(store, [insert(&second)]).await;
    assert_eq!(beside, Err(StoreError::Conflict), "one is open");
    let used = PassphraseResetRecord {
        state: ResetState::Used,
        wrong: 2,
        used: Some(START.plus(5)),
        submit: Some("s".parse().unwrap()),
        ..first.clone()
    };
    write(store, [update(&used), insert(&second)]).await.unwrap();
    let stale = write(store, [update(&used)]).await;
    assert_eq!(stale, Err(StoreError::Conflict));
    let kept = PassphraseResetRecord { version: 2, ..used };
    assert_eq!(store.passphrase_resets_of(ada()).await.unwrap(), [kept, second]);
}

pub(crate) async fn the_access_that_was_executed_last_is_found(store: &dyn Store) {
    let about = AccessOrder::Passphrase { assurance: label("called back") };
    let phone = AccessOrder::Phone { phone: Some("+1 410 555 0134".parse().unwrap()) };
    let end = AccessOrder::End { reason: label("left the clinic") };
    let mail = AccessOrder::Mail { mail: "ada@example.net".parse().unwrap() };
    let change = |id: &str, order: &AccessOrder, at| AccessRecord {
        change: AccessChange {
            id: id.parse().unwrap(),
            npi: ada(),
            order: order.clone(),
            state: AccessState::Executed,
            entered_by: EnteredBy::Administrator(label("Ines")),
            entered: START,
            decided: Some(AccessDecision { by: label("Rosa"), at, reason: None }),
        },
        passphrase_hash: None,
        sealed_shown: None,
        version: 1,
    };
    let theirs = |record: AccessRecord| {
        let entered_by = EnteredBy::RelyingParty(label("Vendor"));
        AccessRecord { change: AccessChange { entered_by, ..record.change }, ..record }
    };
    let account = AccessOrder::Account {
        name: label("Ada Lovelace"),
        mail: "ada@example.org".parse().unwrap(),
        phone: None,
        own_id: Some("dr-17".parse().unwrap()),
        address: Some(Box::new("1 Main St\nSuite 5\nReno\nNV\n89501".parse().unwrap())),
        proofing: "Pat saw the passport".parse().unwrap(),
    };
    let opening = theirs(change("o", &account, START));
    let early = change("z", &about, START.plus(1));
    let late = change("a", &about, START.plus(2));
    let (phone, end) = (change("p", &phone, START), change("e", &end, START));
    let mail = change("m", &mail, START);
    for record in [&early, &late, &phone, &mail, &end, &opening] {
        let pending =
            AccessChange { state: AccessState::Pending, decided: None, ..record.change.clone() };
        let pending = AccessRecord { change: pending, ..record.clone() };
        write(store, [Write::InsertAccess(Box::new(pending))]).await.unwrap();
        write(store, [Write::UpdateAccess(Box::new(record.clone()))]).await.unwrap();
        let read = store.access(&record.change.id).await.unwrap().unwrap();
        assert_eq!(read.change, record.change);
    }
    let last = store.executed_access(ada(), "passphrase").await.unwrap().unwrap();
    assert_eq!(last.change, late.change);
    assert_eq!(store.executed_access(ada(), "activation").await.unwrap(), None);
    assert_eq!(store.executed_access(ben(), "passphrase").await.unwrap(), None);
}

pub(crate) async fn pending_access_of_a_party_is_counted(store: &dyn Store) {
    let party = EnteredBy::RelyingParty(label("Vendor"));
    let another = EnteredBy::RelyingParty(label("Another"));
    let namesake = EnteredBy::Administrator(label("Vendor"));
    for (id, npi, kind, by, at) in [
        ("early", ada(), "phone", &party, START),
        ("a", ada(), "end", &party, START.plus(1)),
        ("b", ben(), "end", &party, START.plus(1)),
        ("c", ada(), "mail", &another, START.plus(1)),
        ("d", ben(), "mail", &namesake, START.plus(1)),
    ] {
        let order = match kind {
            "end" => AccessOrder::End { reason: label("left the clinic") },
            "mail" => AccessOrder::Mail { mail: "ada@example.net".parse().unwrap() },
            _ => AccessOrder::Phone { phone: None },
        };
        let change = AccessChange {
            id: id.parse().unwrap(),
            npi,
            order,
            state: AccessState::Pending,
            entered_by: by.clone(),
            entered: at,
            decided: None,
        };
        let record = AccessRecord { change, passphrase_hash: None, sealed_shown: None, version: 1 };
        write(store, [Write::InsertAccess(Box::new(record))]).await.unwrap();
    }
    let since = START.plus(1);
    assert_eq!(store.waiting_access(Some(&label("Vendor")), since).await.unwrap(), 2);
    let below = |limit| [Write::ExpectAccessBelow { party: label("Vendor"), since, limit }];
    assert_eq!(write(store, below(3)).await, Ok(()));
    for limit in [0, 1, 2] {
        assert_eq!(write(store, below(limit)).await, Err(StoreError::Conflict), "{limit}");
    }
}

pub(crate) async fn tokens_of_an_account_are_counted(store: &dyn Store) {
    let accounts = [ada(), ben()].map(|npi| Write::InsertAccount(account(npi)));
    write(store, accounts).await.unwrap();
    let owned = |text: &str, npi| {
        let mut record = token(text);
        record.token.owner = Some(npi);
        record.token.activation = None;
        Write::InsertToken(Box::new(record))
    };
    let expect = |npi, number| [Write::ExpectTokensOf { npi, number }];
    assert_eq!(write(store, expect(ada(), 0)).await, Ok(()));
    let tokens =
        [owned("FT12345678", ada()), owned("FT87654321", ada()), owned("FT11112222", ben())];
    write(store, tokens).await.unwrap();
    let but_one = store.other_tokens_of(ada(), &"FT12345678".parse().unwrap()).await.unwrap();
    let serials: Vec<_> = but_one.iter().map(|record| record.token.serial.as_str()).collect();
    assert_eq!(serials, ["FT87654321"]);
    assert_eq!(write(store, expect(ada(), 2)).await, Ok(()));
    for number in [1, 3] {
        assert_eq!(write(store, expect(ada(), number)).await, Err(StoreError::Conflict));
    }
}
