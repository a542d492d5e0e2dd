//! The master key is changed, and nothing that was sealed or tagged under the former one is lost.

use std::sync::Arc;

use registry::{Actor, Error, EventKind, MasterKey, Purpose, Registry, SqliteStore};

use crate::clinic::{App, Clinic, PASSPHRASE, START, ada, ben, help_desk, rng};

/// The registry on the clinic's file under other keys.
async fn under(clinic: &Clinic, master: MasterKey) -> Result<Registry, Error> {
    let store = SqliteStore::open(clinic.folder.path().join("countersign.db")).unwrap();
    Registry::open(Arc::new(store), master, START, &mut rng()).await
}

fn again(key: &MasterKey) -> MasterKey {
    MasterKey::from_bytes(*key.expose_bytes())
}

/// A clinic with a sealed value of each kind that outlasts a change.
async fn full() -> (Clinic, App) {
    let (clinic, app) = Clinic::with_token().await;
    clinic.registry.seal_audit(None, START.plus(60), &mut rng()).await.unwrap();
    (clinic, app)
}

#[tokio::test]
async fn everything_opens_under_the_new_key_alone() {
    let (clinic, app) = full().await;
    clinic.open_account(ben()).await;
    let (link, confirmation) = clinic.begin(ben(), START.plus(90)).await;
    let new = MasterKey::generate(&mut rng());
    let both = under(&clinic, again(&new).in_place_of(&clinic.master())).await.unwrap();
    let now = START.plus(120);
    let one_key = clinic.registry.change_master_key(&help_desk(), now, &mut rng(), |_| {}).await;
    assert_eq!(one_key, Err(Error::NoFormerKey));
    let stranger = both.change_master_key(&Actor::Stranger, now, &mut rng(), |_| {}).await;
    assert_eq!(stranger, Err(Error::NotAllowed));
    let changed = both.change_master_key(&help_desk(), now, &mut rng(), |_| {}).await.unwrap();
    // The server's key, the audit's, two activations' secrets and a seed.
    assert_eq!(changed, 5);
    assert_eq!(both.change_master_key(&help_desk(), now, &mut rng(), |_| {}).await, Ok(0));

    let alone = under(&clinic, again(&new)).await.unwrap();
    assert_eq!(under(&clinic, clinic.master()).await.err(), Some(Error::WrongMasterKey));
    let later = START.plus(300);
    let code = app.code(later);
    alone.verify(&ada(), &app.serial(), &code, Purpose::Signing, later).await.unwrap();
    let second = App::new("Ben's phone");
    alone.consume(&second.seal(&link), later, &mut rng()).await.unwrap();
    let rows = alone.events(None, 100).await.unwrap();
    let count = rows.iter().filter(|row| row.what.kind == EventKind::MasterKeyChanged).count();
    assert_eq!(count, 2, "begun and done");
    let sealed = alone.last_checkpoint().await.unwrap();
    alone.seal_audit(sealed.as_ref(), later, &mut rng()).await.unwrap().unwrap();

    // What a code was tagged under stays, so that the code is still good.
    let half = alone.sign_in(&ben().to_string(), PASSPHRASE, later, &mut rng()).await.unwrap();
    let half = alone.session(&half, later).await.unwrap();
    assert!(alone.confirm(&half, &confirmation, later).await.unwrap().is_some());

    // And once more.
    let third = MasterKey::generate(&mut rng());
    let both = under(&clinic, again(&third).in_place_of(&new)).await.unwrap();
    both.change_master_key(&help_desk(), later, &mut rng(), |_| {}).await.unwrap();
    let alone = under(&clinic, third).await.unwrap();
    let later = START.plus(600);
    alone.verify(&ada(), &app.serial(), &app.code(later), Purpose::Signing, later).await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_cut_off_anywhere_goes_on() {
    for cut_off_after in 1..=6 {
        let (clinic, app) = full().await;
        let new = MasterKey::generate(&mut rng());
        let keys = || again(&new).in_place_of(&clinic.master());
        let both = Arc::new(under(&clinic, keys()).await.unwrap());
        let running = both.clone();
        let cut_off = tokio::spawn(async move {
            let mut looks = 0;
            let look = move |_| {
                looks += 1;
                assert!(looks < cut_off_after, "cut off on purpose");
            };
            running.change_master_key(&help_desk(), START.plus(90), &mut rng(), look).await
        });
        assert!(cut_off.await.is_err(), "{cut_off_after}: it was cut off");
        for alone in [again(&new), clinic.master()] {
            let refused = under(&clinic, alone).await.err();
            assert_eq!(refused, Some(Error::WrongMasterKey), "{cut_off_after}");
        }
        // Who runs goes on judging, and what is sealed meanwhile is under the new key.
        let now = START.plus(300);
        both.verify(&ada(), &app.serial(), &app.code(now), Purpose::Signing, now).await.unwrap();
        clinic.open_account(ben()).await;
        let both = under(&clinic, keys()).await.unwrap();
        both.change_master_key(&help_desk(), now, &mut rng(), |_| {}).await.unwrap();
        let alone = under(&clinic, again(&new)).await.unwrap();
        let now = START.plus(600);
        alone.verify(&ada(), &app.serial(), &app.code(now), Purpose::Signing, now).await.unwrap();
    }
}
