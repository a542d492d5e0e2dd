//! The four states of a real keyring, as a program of the app's kind meets them.

use e2e::error::ensure;
use e2e::wait::PATIENCE;
use e2e::{Desktop, KeyringState, Result, test};

const ENTRY: &str = "end-to-end";

/// What reading an entry gives: its value, or the complaint.
fn read(desktop: &Desktop) -> String {
    match desktop.keyring_entry(&["read", ENTRY], None) {
        Ok(value) => value.trim().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_outlives_its_process_and_the_keyring_and_every_bad_state_has_its_name()
-> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        desktop.keyring_entry(&["write", ENTRY], Some("c2VlZA=="))?;
        let value = read(&desktop);
        ensure(value == "c2VlZA==", || value)?;

        desktop.set_keyring(KeyringState::Locked).await?;
        let value = read(&desktop);
        ensure(value.contains("is locked"), || value)?;

        desktop.set_keyring(KeyringState::Absent).await?;
        let value = read(&desktop);
        ensure(value.contains("no keyring"), || value)?;

        desktop.set_keyring(KeyringState::Prompting).await?;
        let mut reading = desktop.start_reading_entry(ENTRY)?;
        desktop.dismiss_prompt().await?;
        reading.ended(PATIENCE).await?;
        let value = reading.output();
        ensure(value.contains("dismissed"), || value)?;

        desktop.set_keyring(KeyringState::Unlocked).await?;
        let value = read(&desktop);
        ensure(value == "c2VlZA==", || value)
    })
    .await
}
