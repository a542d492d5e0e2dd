//! What every store must do with token requests: [`conforms`] takes any.

use std::sync::Arc;

use oath::{TokenType, UnixTime};
use provisioning::{ActivationId, PinPolicy};
use registry::{
    Account, DeactivationReason, IdempotencyKey, Npi, RequestState, Store, StoreError,
    TokenRequest,
    account::AccountRecord,
    activation::{ActivationRecord, ActivationState},
    request::{Mailing, Replaced, RequestRecord, Shipment},
    store::{Changes, Write},
};

use crate::{
    clinic::{START, ada, ben, label},
    stores::{Place, on_every_store},
};

async fn conforms(place: impl Fn() -> Place) {
    let fresh = async || with_accounts(place().open().await).await;
    what_is_written_is_read(&*fresh().await).await;
    an_update_expects_its_version(&*fresh().await).await;
    they_come_in_order(&*fresh().await).await;
    one_submit_makes_one_of_a_type(&*fresh().await).await;
    a_token_is_on_its_way_to_one(&*fresh().await).await;
    those_to_mail_are_found(&*fresh().await).await;
}

async fn with_accounts(store: Arc<dyn Store>) -> Arc<dyn Store> {
    for npi in [ada(), ben()] {
        let account = Account {
            npi,
            id: None,
            name: label("Ada Lovelace"),
            mail: "ada@example.org".parse().unwrap(),
            phone: None,
            address: None,
            proofing: "Hedy saw the passport".parse().unwrap(),
            opened: START,
            sign_in_failures: 0,
            access_ended: None,
            sign_in_pause: None,
        };
        let passphrase_hash = "$argon2id$...".to_owned();
        let record = AccountRecord { account, passphrase_hash, version: 1 };
        write(&*store, [Write::InsertAccount(record)]).await.unwrap();
    }
    store
}

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

fn request(id: &str, npi: Npi, requested: u64) -> RequestRecord {
    let request = TokenRequest {
        id: id.parse().unwrap(),
        npi,
        token_type: TokenType::Hard,
        state: RequestState::Requested,
        mail: "ada@example.org".parse().unwrap(),
        address: Some("1 Main St\nSuite 5\nReno\nNV\n89501".parse().unwrap()),
        replaces: None,
        requested: UnixTime(requested),
        edited: None,
        processed: None,
        shipped: None,
        activated: None,
        cancelled: None,
        shipment: None,
        serial: None,
        link_expires: None,
        mailing: Mailing::default(),
    };
    RequestRecord {
        request,
        key: key(id),
        activation: None,
        sealed_link: None,
        links: 0,
        version: 1,
    }
}

fn insert(record: &RequestRecord) -> Write {
    Write::InsertRequest(Box::new(record.clone()))
}

fn update(record: &RequestRecord) -> Write {
    Write::UpdateRequest(Box::new(record.clone()))
}

async fn write(store: &dyn Store, writes: impl Into<Vec<Write>>) -> Result<(), StoreError> {
    store.commit(Changes { writes: writes.into(), events: Vec::new() }).await
}

async fn what_is_written_is_read(store: &dyn Store) {
    let bare = request("00000001", ada(), 5);
    write(store, [insert(&bare)]).await.unwrap();
    assert_eq!(store.request(bare.request.id).await.unwrap(), Some(bare.clone()));
    assert_eq!(store.request("00000002".parse().unwrap()).await.unwrap(), None);

    let activation = ActivationRecord {
        id: ActivationId::from_bytes([7; 16]),
        npi: ada(),
        state: ActivationState::Begun,
        opens_access: true,
        pin: PinPolicy::new(6).unwrap(),
        serial: None,
        replaces: None,
        sealed_secret: vec![1],
        confirmation_tag: [7; 32],
        confirmation_expires: START,
        wrong_confirmations: 0,
        begun: START,
        expires: START,
        version: 1,
    };
    let mut full = bare.clone();
    full.activation = Some(activation.id);
    full.sealed_link = Some(vec![1, 2, 3]);
    full.links = 2;
    full.version = 2;
    full.request = TokenRequest {
        state: RequestState::Shipped,
        mail: "other@example.org".parse().unwrap(),
        address: Some("2 Main St\n\nReno\nNV\n89501-1234".parse().unwrap()),
        edited: Some(UnixTime(6)),
        processed: Some(UnixTime(7)),
        shipped: Some(UnixTime(8)),
        activated: Some(UnixTime(9)),
        cancelled: Some(UnixTime(10)),
        shipment: Some(Shipment { carrier: label("UPS"), tracking: label("1Z 999") }),
        serial: Some("GALH12345678".parse().unwrap()),
        link_expires: Some(UnixTime(11)),
        mailing: Mailing {
            due: Some(UnixTime(12)),
            attempts: 3,
            sent: Some(UnixTime(13)),
            problem: Some("no answer".to_owned()),
        },
        ..bare.request.clone()
    };
    let sent = RequestRecord { version: 1, ..full.clone() };
    write(store, [Write::InsertActivation(activation), update(&sent)]).await.unwrap();
    assert_eq!(store.request(bare.request.id).await.unwrap(), Some(full.clone()));
    assert_eq!(store.requests_of(ada()).await.unwrap(), [full.clone()]);
    let by_serial = store.request_shipping(&"GALH12345678".parse().unwrap()).await.unwrap();
    assert_eq!(by_serial, Some(full));
}

async fn an_update_expects_its_version(store: &dyn Store) {
    let mut record = request("00000001", ada(), 5);
    assert_eq!(write(store, [update(&record)]).await, Err(StoreError::Conflict));
    write(store, [insert(&record)]).await.unwrap();
    assert_eq!(write(store, [insert(&record)]).await, Err(StoreError::Conflict));
    record.version = 2;
    assert_eq!(write(store, [update(&record)]).await, Err(StoreError::Conflict));
    record.version = 1;
    write(store, [update(&record)]).await.unwrap();
    assert_eq!(write(store, [update(&record)]).await, Err(StoreError::Conflict));
    let nobodys = request("00000002", "1245319599".parse().unwrap(), 5);
    assert_eq!(write(store, [insert(&nobodys)]).await, Err(StoreError::Conflict));
    let mut of_no_token = request("00000003", ada(), 5);
    let serial = "GALH12345678".parse().unwrap();
    of_no_token.request.replaces = Some(Replaced { serial, reason: DeactivationReason::Lost });
    assert_eq!(write(store, [insert(&of_no_token)]).await, Err(StoreError::Conflict));
}

async fn they_come_in_order(store: &dyn Store) {
    let records = [
        request("0000000C", ada(), 7),
        request("0000000A", ada(), 7),
        request("0000000B", ben(), 3),
        request("0000000D", ada(), 9),
    ];
    for record in &records {
        write(store, [insert(record)]).await.unwrap();
    }
    let ids = |records: Vec<RequestRecord>| -> Vec<String> {
        records.iter().map(|record| record.request.id.as_str().to_owned()).collect()
    };
    let of_ada = store.requests_of(ada()).await.unwrap();
    assert_eq!(ids(of_ada), ["0000000D", "0000000A", "0000000C"]);
    let state = RequestState::Requested;
    let first = store.requests_in(state, None, 2).await.unwrap();
    let last = first.last().map(|record| (record.request.requested, record.request.id));
    assert_eq!(ids(first), ["0000000B", "0000000A"]);
    let rest = store.requests_in(state, last, 9).await.unwrap();
    assert_eq!(ids(rest), ["0000000C", "0000000D"]);
    assert!(store.requests_in(RequestState::Processed, None, 9).await.unwrap().is_empty());
    let mut processed = store.request("0000000A".parse().unwrap()).await.unwrap().unwrap();
    processed.request.state = RequestState::Processed;
    write(store, [Write::UpdateRequest(Box::new(processed))]).await.unwrap();
    let first = store.requests_after(None, 3).await.unwrap();
    let last = first.last().map(|record| (record.request.requested, record.request.id));
    assert_eq!(ids(first), ["0000000B", "0000000A", "0000000C"], "in whatever state");
    assert_eq!(ids(store.requests_after(last, 9).await.unwrap()), ["0000000D"]);
}

async fn one_submit_makes_one_of_a_type(store: &dyn Store) {
    let first = request("00000001", ada(), 5);
    let mut same = request("00000002", ada(), 5);
    same.key = first.key.clone();
    let mut soft = same.clone();
    soft.request.token_type = TokenType::Soft;
    let mut bens = same.clone();
    bens.request = TokenRequest { npi: ben(), id: "00000003".parse().unwrap(), ..bens.request };
    write(store, [insert(&first)]).await.unwrap();
    assert_eq!(write(store, [insert(&same)]).await, Err(StoreError::Conflict));
    write(store, [insert(&soft), insert(&bens)]).await.unwrap();
    let found = store.requests_by_key(ada(), &first.key).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.contains(&first) && found.contains(&soft));
    assert!(store.requests_by_key(ada(), &key("other")).await.unwrap().is_empty());
}

async fn a_token_is_on_its_way_to_one(store: &dyn Store) {
    let serial = "GALH12345678".parse().unwrap();
    let (mut first, mut second) = (request("00000001", ada(), 5), request("00000002", ben(), 5));
    write(store, [insert(&first), insert(&second)]).await.unwrap();
    for record in [&mut first, &mut second] {
        record.request.serial = Some("GALH12345678".parse().unwrap());
        record.request.state = RequestState::Shipped;
    }
    write(store, [update(&first)]).await.unwrap();
    assert_eq!(write(store, [update(&second)]).await, Err(StoreError::Conflict));
    first.version = 2;
    first.request.state = RequestState::Cancelled;
    write(store, [update(&first)]).await.unwrap();
    assert_eq!(store.request_shipping(&serial).await.unwrap(), None);
    write(store, [update(&second)]).await.unwrap();
}

async fn those_to_mail_are_found(store: &dyn Store) {
    let mut records = ["00000001", "00000002", "00000003"].map(|id| request(id, ada(), 5));
    for (record, due) in records.iter_mut().zip([Some(30), Some(20), None]) {
        record.request.mailing.due = due.map(UnixTime);
        record.request.mailing.attempts = 1;
        write(store, [insert(record)]).await.unwrap();
    }
    let due = async |at, limit| -> Vec<String> {
        let found = store.requests_to_mail(UnixTime(at), limit).await.unwrap();
        found.iter().map(|record| record.request.id.as_str().to_owned()).collect()
    };
    assert!(due(19, 9).await.is_empty());
    assert_eq!(due(20, 9).await, ["00000002"]);
    assert_eq!(due(30, 9).await, ["00000002", "00000001"]);
    assert_eq!(due(30, 1).await, ["00000002"]);
}

on_every_store!(conforms);
