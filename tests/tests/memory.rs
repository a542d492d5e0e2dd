//! What is left in the app's memory after a lock.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use e2e::error::{Error, ensure};
use e2e::scene::Scene;
use e2e::{AppWindow, Desktop, Result, test};
use serde_json::Value;

/// Of the greatest length: four digits occur anywhere by chance.
const PIN: &str = "73160924";

/// The size of a page in memory, in bytes.
const PAGE: u64 = 4096;

/// A secret, in the forms in which it could lie about.
struct Secret {
    name: &'static str,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Secret {
    fn of_bytes(name: &'static str, bytes: &[u8]) -> Self {
        let text = |text: String| text.trim_end_matches('=').as_bytes().to_vec();
        let forms = vec![
            ("raw", bytes.to_vec()),
            ("base64", text(BASE64_NOPAD.encode(bytes))),
            ("base64url", text(BASE64URL_NOPAD.encode(bytes))),
            ("base32", text(BASE32_NOPAD.encode(bytes))),
            ("hexadecimal", text(HEXLOWER.encode(bytes))),
        ];
        Self { name, forms }
    }

    fn of_digits(name: &'static str, digits: &str) -> Self {
        let wide: Vec<u8> = digits.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let listed: Vec<_> = digits.chars().map(String::from).collect();
        let forms = vec![
            ("ASCII", digits.as_bytes().to_vec()),
            ("UTF-16", wide),
            ("a list", listed.join(",").into_bytes()),
            ("bytes", digits.bytes().map(|digit| digit - b'0').collect()),
        ];
        Self { name, forms }
    }
}

/// The secrets of this desktop's vault, read from its keyring by the text of `docs/vault.md`.
fn secrets(desktop: &Desktop, id: &str) -> Result<Vec<Secret>> {
    let entry = |name: &str| -> Result<Vec<u8>> {
        let text = desktop.keyring_entry(&["read", name], None)?;
        decoded(text.trim())
    };
    let vault = entry("vault")?;
    let json = vault.len().checked_sub(4).and_then(|end| vault.get(..end)).unwrap_or_default();
    let lock = serde_json::from_slice::<Value>(json)?["lock"].clone();
    let wrapping_key = wrapping_key(&lock)?;
    let wrapped = decoded(lock["wrapped_key"].as_str().unwrap_or_default())?;
    let key = unseal(&wrapping_key, &wrapped, b"countersign vault key 1")?;

    let credential = entry(&format!("credential:{id}"))?;
    let bound = [b"countersign credential \x01".as_slice(), id.as_bytes()].concat();
    let opened = unseal(&key, credential.get(1..).unwrap_or_default(), &bound)?;
    let seed = serde_json::from_slice::<Value>(&opened)?["seed"].clone();
    let seed = decoded(seed.as_str().unwrap_or_default())?;
    ensure(key.len() == 32 && seed.len() >= 16, || "the vault reads otherwise".to_owned())?;
    Ok(vec![
        Secret::of_bytes("the vault key", &key),
        Secret::of_bytes("the wrapping key", &wrapping_key),
        Secret::of_bytes("the seed", &seed),
        Secret::of_digits("the PIN", PIN),
    ])
}

fn wrapping_key(lock: &Value) -> Result<[u8; 32]> {
    let cost = |name: &str| {
        let cost = lock["argon2id"][name].as_u64().and_then(|cost| u32::try_from(cost).ok());
        cost.ok_or_else(|| Error::different(format!("no {name} in {lock}")))
    };
    let params = Params::new(cost("memory_kib")?, cost("passes")?, cost("lanes")?, Some(32))
        .map_err(|error| Error::different(error.to_string()))?;
    let salt = decoded(lock["salt"].as_str().unwrap_or_default())?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PIN.as_bytes(), &salt, &mut key)
        .map_err(|error| Error::different(error.to_string()))?;
    Ok(key)
}

fn unseal(key: &[u8], sealed: &[u8], bound: &[u8]) -> Result<Vec<u8>> {
    let different = |what: &str| Error::different(format!("the vault reads otherwise: {what}"));
    let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| different("the key"))?;
    let (nonce, rest) = sealed.split_at_checked(24).ok_or_else(|| different("the nonce"))?;
    let nonce = XNonce::try_from(nonce).map_err(|_| different("the nonce"))?;
    cipher.decrypt(&nonce, Payload { msg: rest, aad: bound }).map_err(|_| different("the seal"))
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    BASE64.decode(text.as_bytes()).map_err(|error| Error::different(error.to_string()))
}

/// All that a process can write to and has touched: its heaps, its stacks, what it shares.
fn memory(process: u32) -> Result<Vec<Vec<u8>>> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut memory = File::open(format!("/proc/{process}/mem"))?;
    let mut pages = File::open(format!("/proc/{process}/pagemap"))?;
    let mut runs = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
        let Some((start, end)) = range.split_once('-') else { continue };
        let (Ok(start), Ok(end)) = (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16))
        else {
            continue;
        };
        if rights.starts_with("rw") {
            read_region(&mut memory, &mut pages, start..end, &mut runs)?;
        }
    }
    let size: usize = runs.iter().map(Vec::len).sum();
    ensure(size > 10 << 20, || format!("only {size} bytes of memory could be read"))?;
    Ok(runs)
}

/// Reads the pages of a region that are there, each run of them in one piece: the web view reserves
/// many gigabytes that it never touches.
fn read_region(
    memory: &mut File,
    pages: &mut File,
    region: Range<u64>,
    runs: &mut Vec<Vec<u8>>,
) -> Result<()> {
    pages.seek(SeekFrom::Start(region.start / PAGE * 8))?;
    let mut entries = vec![0; usize::try_from((region.end - region.start) / PAGE * 8).unwrap_or(0)];
    if pages.read_exact(&mut entries).is_err() {
        return Ok(());
    }
    let mut run: Option<Vec<u8>> = None;
    for (number, entry) in entries.chunks_exact(8).enumerate() {
        // Bit 63: in memory; bit 62: swapped out (Documentation/admin-guide/mm/pagemap.rst).
        let there = entry[7] & 0b1100_0000 != 0;
        let mut page = vec![0; if there { PAGE as usize } else { 0 }];
        if there {
            memory.seek(SeekFrom::Start(region.start + number as u64 * PAGE))?;
        }
        if there && memory.read_exact(&mut page).is_ok() {
            run.get_or_insert_default().extend_from_slice(&page);
        } else {
            runs.extend(run.take());
        }
    }
    runs.extend(run);
    Ok(())
}

/// Which secrets lie in a process's memory, in which form and how often.
fn found(process: u32, secrets: &[Secret]) -> Result<Vec<String>> {
    let regions = memory(process)?;
    let mut found = Vec::new();
    for secret in secrets {
        for (form, bytes) in &secret.forms {
            let finder = memchr::memmem::Finder::new(bytes);
            let times: usize = regions.iter().map(|region| finder.find_iter(region).count()).sum();
            if times > 0 {
                found.push(format!("{} ({form}, {times} times)", secret.name));
            }
        }
    }
    Ok(found)
}

async fn enrolled(scene: &Scene) -> Result<AppWindow> {
    let address = scene.server.address();
    let npi = &scene.prescriber.npi;
    let printed = scene.server.run(
        &[
            "activation",
            "begin",
            "--npi",
            npi,
            "--server-url",
            address,
            "--issuer",
            scene.server.issuer(),
            "--pin-length",
            "8",
            "--json",
        ],
        None,
    )?;
    let link = serde_json::from_str::<Value>(&printed)?["link"].clone();
    let app = AppWindow::open_link(&scene.desktop, link.as_str().unwrap_or_default()).await?;
    app.name_token("Phone").await?;
    app.choose_pin(PIN).await?;
    app.reaches("tokens").await?;
    app.enrolment_becomes("sent").await?;
    Ok(app)
}

async fn locked(app: &AppWindow) -> Result<()> {
    app.click("lock-now").await?;
    app.reaches("unlock").await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lock_the_memory_holds_neither_seed_nor_pin_nor_vault_key() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = enrolled(&scene).await?;
        app.code().await?;
        let id = app.credential_id().await?;
        let secrets = secrets(&scene.desktop, id.as_str())?;

        // The vault key is what being unlocked consists of: a search that misses it is blind.
        let unlocked = found(app.process_id(), &secrets)?;
        ensure(unlocked.iter().any(|secret| secret.starts_with("the vault key (raw")), || {
            format!("unlocked, the search sees only {unlocked:?}")
        })?;

        locked(&app).await?;
        let left = found(app.process_id(), &secrets)?;
        ensure(left.is_empty(), || format!("after enrolling and locking: {left:?}"))?;

        app.unlock(PIN).await?;
        app.code().await?;
        locked(&app).await?;
        let left = found(app.process_id(), &secrets)?;
        ensure(left.is_empty(), || format!("after unlocking and locking: {left:?}"))?;
        app.close().await
    })
    .await
}
