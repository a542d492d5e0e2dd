//! What every store must do with tokens that the e-prescribing network is to be told of.

use oath::{Manufacturer, TokenType, Totp, UnixTime};
use registry::{
    NetworkSync, Otp, Store, Token, TokenState,
    store::{Changes, Write},
    token::TokenRecord,
};

use crate::{
    clinic::{START, label},
    stores::{Place, on_every_store},
};

fn token(serial: &str, state: TokenState, sync: NetworkSync) -> TokenRecord {
    let serial = serial.parse().unwrap();
    let (manufacturer, token_type) = (Manufacturer::Symantec, TokenType::Hard);
    let otp = Otp::Totp(Totp::default());
    let token = Token::provisioned(serial, manufacturer, token_type, label("Fob"), otp, START);
    TokenRecord { token: Token { state, sync, ..token }, sealed_seed: vec![9; 60], version: 1 }
}

async fn due(store: &dyn Store, at: UnixTime, limit: u32) -> Vec<String> {
    let records = store.tokens_to_sync(at, limit).await.unwrap();
    records.into_iter().map(|record| record.token.serial.as_str().to_owned()).collect()
}

async fn what_is_due_comes_in_order(store: &dyn Store) {
    let pending =
        |seconds| NetworkSync::Pending { begun: START, attempts: 2, next: START.plus(seconds) };
    let (begun, attempts, at) = (START, 3, START);
    let waiting = TokenState::PendingSync;
    let tokens = [
        token("FT0001", waiting, pending(30)),
        token("FT0002", waiting, pending(10)),
        token("FT0003", TokenState::Suspended, pending(10)),
        token("FT0004", TokenState::Deactivated, pending(5)),
        token("FT0005", waiting, NetworkSync::GivenUp { begun, attempts, at }),
        token("FT0006", TokenState::Active, NetworkSync::Acknowledged { begun, attempts, at }),
        token("FT0007", TokenState::Active, NetworkSync::NotNeeded),
    ];
    let writes = tokens.iter().map(|record| Write::InsertToken(Box::new(record.clone())));
    store.commit(Changes { writes: writes.collect(), events: Vec::new() }).await.unwrap();
    for record in &tokens {
        let read = store.token(&record.token.serial).await.unwrap();
        assert_eq!(read.as_ref(), Some(record));
    }
    assert_eq!(due(store, START.plus(9), 10).await, Vec::<String>::new());
    assert_eq!(due(store, START.plus(10), 10).await, ["FT0002", "FT0003"]);
    assert_eq!(due(store, START.plus(30), 10).await, ["FT0002", "FT0003", "FT0001"]);
    assert_eq!(due(store, START.plus(30), 1).await, ["FT0002"]);

    let mut told = tokens[1].clone();
    told.token.sync = NetworkSync::Acknowledged { begun, attempts, at };
    let writes = vec![Write::UpdateToken(Box::new(told.clone()))];
    store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
    assert_eq!(due(store, START.plus(30), 10).await, ["FT0003", "FT0001"]);
    let read = store.token(&told.token.serial).await.unwrap().unwrap();
    assert_eq!((read.token.sync, read.version), (told.token.sync, 2));
}

async fn conforms(place: impl Fn() -> Place) {
    what_is_due_comes_in_order(&*place().open().await).await;
}

on_every_store!(conforms);
