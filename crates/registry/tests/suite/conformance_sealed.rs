//! What every store must do when the master key is changed: called by `conforms`.

use registry::{
    Store,
    sealed::{SealedIn, SealedKey, SealedValue},
    store::Write,
};

use crate::{
    clinic::{START, ada, ben},
    conformance::{account, activation, token, write},
};

const SERIALS: [&str; 3] = ["FT0001", "FT0002", "FT0003"];
const NAMES: [&str; 3] = ["audit key 1", "server key", "tag root"];

/// Three values in each place, written against their order.
async fn fill(store: &dyn Store) {
    write(store, [ada(), ben()].map(|npi| Write::InsertAccount(account(npi)))).await.unwrap();
    for (number, serial) in (1..).zip(SERIALS).collect::<Vec<_>>().into_iter().rev() {
        let mut record = token(serial);
        record.sealed_seed = vec![number; 60];
        write(store, [Write::InsertToken(Box::new(record))]).await.unwrap();
    }
    for (id, npi) in [(200, ben()), (3, ada())] {
        let mut record = activation(id, npi);
        record.sealed_secret = vec![id; 40];
        write(store, [Write::InsertActivation(record)]).await.unwrap();
    }
    for name in NAMES.into_iter().rev() {
        let (sealed, made) = (name.as_bytes().to_vec(), START);
        write(store, [Write::InsertSecret { name: name.to_owned(), sealed, made }]).await.unwrap();
    }
}

/// All values of a place, read so many at a time.
async fn all(store: &dyn Store, place: SealedIn, limit: u32) -> Vec<SealedValue> {
    let mut found: Vec<SealedValue> = Vec::new();
    loop {
        let after = found.last().map(|last| last.key.clone());
        let page = store.sealed_after(place, after.as_ref(), limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

fn texts(keys: &[&str], sealed: impl Fn(usize) -> Vec<u8>) -> Vec<SealedValue> {
    let value = |(place, key): (usize, &&str)| SealedValue {
        key: SealedKey::Text((*key).to_owned()),
        sealed: sealed(place),
    };
    keys.iter().enumerate().map(value).collect()
}

pub(crate) async fn what_is_sealed_is_found_and_sealed_anew(store: &dyn Store) {
    fill(store).await;
    let activations = [3, 200]
        .map(|id| SealedValue { key: SealedKey::Bytes(vec![id; 16]), sealed: vec![id; 40] });
    let places = [
        (SealedIn::Tokens, texts(&SERIALS, |place| vec![u8::try_from(place).unwrap() + 1; 60])),
        (SealedIn::Activations, activations.to_vec()),
        (SealedIn::Secrets, texts(&NAMES, |place| NAMES[place].as_bytes().to_vec())),
        (SealedIn::Staged, Vec::new()),
        (SealedIn::Requests, Vec::new()),
        (SealedIn::Administrators, Vec::new()),
        (SealedIn::Webhooks, Vec::new()),
        (SealedIn::FormerWebhooks, Vec::new()),
    ];
    for (place, expected) in places {
        for limit in [1, 2, 100] {
            assert_eq!(all(store, place, limit).await, expected, "{place:?}, {limit} at a time");
        }
        for former in &expected {
            let reseal = |former: &SealedValue, sealed: &[u8]| Write::Reseal {
                place,
                former: former.clone(),
                sealed: sealed.to_vec(),
            };
            write(store, [reseal(former, b"anew")]).await.unwrap();
            // Somebody else was quicker: what they sealed stays, and that is no conflict.
            write(store, [reseal(former, b"too late")]).await.unwrap();
        }
        let anew = |value: SealedValue| SealedValue { sealed: b"anew".to_vec(), ..value };
        let expected: Vec<_> = expected.into_iter().map(anew).collect();
        assert_eq!(all(store, place, 2).await, expected, "{place:?}");
    }
    assert_eq!(store.secret("server key").await.unwrap().as_deref(), Some(&b"anew"[..]));
    let serial = SERIALS[1].parse().unwrap();
    let sealed = store.sealed_seed(&serial).await.unwrap();
    assert_eq!(sealed.as_deref(), Some(&b"anew"[..]));
    // A judged token writes no seed back: its version may stay. An activation is written whole.
    let (token, version) = (store.token(&serial).await.unwrap().unwrap(), 1);
    assert_eq!((token.sealed_seed.as_slice(), token.version), (&b"anew"[..], version));
    let id = activation(3, ada()).id;
    assert_eq!(store.activation(id).await.unwrap().unwrap().version, 2);
}
