//! Sealed tokens that a server must not take, by file and by network: a sentence each, and
//! nothing changed.

use std::path::Path;

use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::{Error, Result, ServerProcess, test};

/// Imports a text as a file; what was printed, or the complaint.
fn import(server: &ServerProcess, folder: &Path, text: &str) -> Result<String, String> {
    let file = folder.join("export.countersign");
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    server.import(&file).map_err(|error| error.to_string())
}

/// Sends a text as the app does, and compares the answer's status and the end of its problem type.
async fn sent(server: &ServerProcess, text: &str, status: u16, slug: &str) -> Result<()> {
    let answer = post_text(server.address(), "/v1/provisioning", text).await?;
    let named = answer.body.contains(&format!("\"/problems/{slug}\""));
    ensure(answer.status == status && (named || slug.is_empty()), || {
        format!("{:?} must be {status} {slug}: {answer:?}", &text[..text.len().min(40)])
    })
}

/// One character in the middle is another.
fn damaged(text: &str) -> String {
    let middle = text.len() / 2;
    let changed = if text.as_bytes()[middle] == b'A' { "B" } else { "A" };
    format!("{}{changed}{}", &text[..middle], &text[middle + 1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn by_file_a_bad_token_is_refused_and_a_replayed_one_changes_nothing() -> Result<()> {
    test(async {
        let folder = tempfile::tempdir()?;
        let server = ServerProcess::offline(&folder.path().join("server"), ISSUER)?;
        let other = ServerProcess::offline(&folder.path().join("other"), "Harbour Hospital")?;
        let token = SoftToken::generate("Ward phone")?;
        let good = token.sealed_to(&server.issuer_card()?)?;
        for (text, sentence) in [
            (damaged(&good), "damaged or cut short"),
            (good[..good.len() / 2].to_owned(), "damaged or cut short"),
            ("hello".to_owned(), "is not"),
            (String::new(), "is not"),
            (good.replacen("#1.", "#2.", 1), "format 2"),
            (token.sealed_to(&other.issuer_card()?)?, "another server"),
            ("x".repeat(100 * 1024), "too l"),
        ] {
            let complaint = import(&server, folder.path(), &text).err().unwrap_or_default();
            ensure(complaint.contains(sentence), || format!("{sentence:?}: {complaint:?}"))?;
            ensure(complaint.len() < 1_000, || format!("{} bytes of complaint", complaint.len()))?;
        }
        let listed = server.list_tokens()?;
        ensure(listed.contains("No tokens"), || listed)?;

        let first = import(&server, folder.path(), &good).map_err(Error::Different)?;
        ensure(first.contains("Imported"), || first)?;
        let again = import(&server, folder.path(), &good).map_err(Error::Different)?;
        ensure(again.contains("imported before"), || again)?;

        // The same credential ID with another seed is somebody else's.
        let impostor = SoftToken::with_id("Impostor", token.id())?;
        let sealed = impostor.sealed_to(&server.issuer_card()?)?;
        let complaint = import(&server, folder.path(), &sealed).err().unwrap_or_default();
        ensure(complaint.contains("credential ID"), || complaint)?;
        let listed = server.list_tokens()?;
        ensure(listed.lines().count() == 1 && listed.contains("Ward phone"), || listed)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_network_each_refusal_has_its_own_problem_type() -> Result<()> {
    test(async {
        let folder = tempfile::tempdir()?;
        let server = ServerProcess::start(&folder.path().join("server"), ISSUER).await?;
        let other = ServerProcess::start(&folder.path().join("other"), "Harbour Hospital").await?;
        let (ada, ben) = (Prescriber::demo(), Prescriber::other());
        server.add_account(&ada)?;
        server.add_account(&ben)?;
        other.add_account(&ada)?;
        let link = server.begin_activation(&ada)?.link;
        let second_link = server.begin_activation(&ben)?.link;
        let foreign_link = other.begin_activation(&ada)?.link;
        let token = SoftToken::generate("Ward phone")?;
        let good = token.sealed_for(&link)?;

        sent(&server, &damaged(&good), 400, "damaged").await?;
        sent(&server, &good[..good.len() / 2], 400, "damaged").await?;
        sent(&server, "hello", 400, "damaged").await?;
        sent(&server, "", 400, "damaged").await?;
        sent(&server, &good.replacen("#1.", "#2.", 1), 400, "unknown-version").await?;
        sent(&server, &token.sealed_for(&foreign_link)?, 422, "other-server").await?;
        sent(&server, &token.sealed_to(&server.issuer_card()?)?, 422, "cannot-open").await?;
        sent(&server, &"x".repeat(100 * 1024), 413, "too-large").await?;
        let listed = server.list_tokens()?;
        ensure(listed.contains("No tokens"), || listed)?;

        sent(&server, &good, 201, "").await?;
        sent(&server, &good, 200, "").await?;
        // Sealed again, it is other bytes and the same token.
        sent(&server, &token.sealed_for(&link)?, 200, "").await?;
        let thief = SoftToken::generate("Thief's phone")?;
        sent(&server, &thief.sealed_for(&link)?, 409, "activation-used").await?;
        let impostor = SoftToken::with_id("Impostor", token.id())?;
        sent(&server, &impostor.sealed_for(&second_link)?, 409, "credential-id-taken").await?;
        let listed = server.list_tokens()?;
        ensure(listed.lines().count() == 1 && listed.contains("Ward phone"), || listed)
    })
    .await
}
