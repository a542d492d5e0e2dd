//! The registry inside a program of one's own, without HTTP: an account, a token that an app made, and a code
//! that is judged. `cargo run -p countersign-registry --example embed`
//!
//! The clock and chance are this program's to give; here the clock stands still.

use std::sync::Arc;

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{CredentialId, Manufacturer, Seed, TokenType, Totp, UnixTime};
use provisioning::{PinPolicy, ProvisioningData, SealedToken};
use registry::{
    ActivationOrder, Actor, Association, IdempotencyKey, MasterKey, NewAccount, Npi, Passphrase,
    Purpose, Registry, Seen, SqliteStore,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = UnwrapErr(SysRng);
    let now = UnixTime(1_812_345_660);
    let folder = tempfile::tempdir()?;

    // Keep the master key apart from the database: together they are every seed.
    let store = Arc::new(SqliteStore::open(folder.path().join("registry.db"))?);
    let registry = Registry::open(store, MasterKey::generate(&mut rng), now, &mut rng).await?;

    let npi: Npi = "1234567893".parse()?;
    let desk = Actor::Administrator { name: "Hedy".parse()?, session: None };
    let passphrase = "correct horse battery";
    let account = NewAccount {
        npi,
        id: None,
        name: "Ada Lovelace".parse()?,
        mail: "ada@example.org".parse()?,
        passphrase: Passphrase::parse(passphrase)?,
        proofing: "Hedy saw the passport".parse()?,
    };
    registry.open_account(&desk, account, now, &mut rng).await?;

    // The link goes to the prescriber by mail, the confirmation code another way.
    let order = ActivationOrder {
        server: "https://clinic.example".parse()?,
        issuer: "Example Clinic".parse()?,
        valid_for: 24 * 60 * 60,
        pin: PinPolicy::default(),
    };
    let begun = registry.begin_activation(&desk, &npi, order, None, now, &mut rng).await?;

    // What the app does with the link: it makes a seed, keeps it, and seals it to this registry.
    let app = ProvisioningData {
        credential_id: CredentialId::generate(&mut rng),
        seed: Seed::generate(&mut rng),
        totp: Totp::default(),
        name: "Phone".parse()?,
        device: "Ada's phone".parse()?,
        platform: "android".parse()?,
    };
    let sealed = SealedToken::seal_for_activation(&app, &begun.link, &mut rng)?;
    registry.consume(&sealed, now, &mut rng).await?;

    // The prescriber signs in with both factors, and makes the token theirs with its first code.
    let secret = registry.sign_in(&npi.to_string(), passphrase, now, &mut rng).await?;
    let session = registry.session(&secret, now).await?;
    let confirmed = registry.confirm(&session, &begun.confirmation, now).await?;
    let session = registry.session(&confirmed.unwrap_or(secret), now).await?;
    let serial = app.credential_id.into();
    let association = Association {
        manufacturer: Manufacturer::Countersign,
        issuer: "Example Clinic".parse()?,
        token_type: TokenType::Soft,
        name: "Phone".parse()?,
        serial,
        code: app.totp.code_at(&app.seed, now),
        second_code: None,
        seen: Seen::default(),
        idempotency_key: IdempotencyKey::generate(&mut rng),
    };
    let token = registry.associate(&session, &association, now).await?;
    println!("{} is {}", token.serial, token.state);

    // A minute later a prescription is signed: once.
    let now = now.plus(60);
    let code = app.totp.code_at(&app.seed, now);
    for _ in 0..2 {
        match registry.verify(&npi, &token.serial, &code, Purpose::Signing, now).await {
            Ok(accepted) => println!("accepted: a code of \"{}\"", accepted.name),
            Err(refused) => println!("refused: {refused}"),
        }
    }
    Ok(())
}
