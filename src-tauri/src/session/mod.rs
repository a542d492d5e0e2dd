//! The app between start and end: what is locked, what waits, and what may be done when.
//!
//! Nothing here knows of windows or pages; time comes in as a [`Moment`].
//!
//! ```text
//!                  unlock                  lock now, idle, asleep, in the background, closing
//!   locked ------------------------> unlocked -------------------------------------> locked
//!   no vault -- enrol (with PIN) --> unlocked
//! ```

mod enrolment;
mod export;
mod lock;
mod making;
mod talking;
mod token_codes;
mod tokens;
pub(crate) mod views;

use std::{path::Path, sync::Arc};

use oath::{CredentialId, UnixTime};
use provisioning::{EnrolmentLink, OtpauthUri, ServerUrl};
use vault::{Keyring, State, UnlockedVault, Vault};
use zeroize::Zeroizing;

use crate::{
    clock::Moment,
    note::{Found, KnownToken, NoteFile},
    pin_entry::PinEntry,
    problem::Problem,
    settings::SettingsFile,
};

pub(crate) use enrolment::Next;
pub(crate) use export::Export;
use making::Making;
pub(crate) use making::{OtherForm, QrFinding};
pub(crate) use talking::{Question, Told};
use views::{InvitationView, KnownView, OtherView, RefusedLinkView, Status, TokenView, VaultView};

/// Everything that the app remembers while it runs.
pub(crate) struct Session {
    vault: Vault,
    unlocked: Option<Unlocked>,
    note: NoteFile,
    note_unwritten: bool,
    /// The person has read what is gone and wants a new vault all the same.
    anew: bool,
    /// What ten wrong PINs erased while this ran.
    erased: Option<Vec<CredentialId>>,
    invitation: Option<Invitation>,
    /// A token being made without a link; it goes before the invitation.
    making: Option<Making>,
    /// Another issuer's account that waits for somebody to want it.
    other: Option<OtpauthUri>,
    /// The PIN of the vault to be.
    pin: Option<ChosenPin>,
    /// PINs as they are entered.
    pub(crate) pins: PinEntry,
    pub(crate) settings: SettingsFile,
    /// When it was last looked whether to lock.
    last_look: Option<Moment>,
    /// By how many seconds this machine's clock is behind the server's.
    clock_skew: Option<i64>,
    /// A report that another token is lost, until its answer has come.
    open_report: Option<talking::OpenReport>,
    refused_link: Option<RefusedLinkView>,
    /// What the server took while the vault was locked, to be written at the next unlock.
    sent_while_locked: Vec<(CredentialId, ServerUrl, UnixTime)>,
    export: Option<(CredentialId, Export)>,
    /// The last export under a passphrase.
    pskc: Option<(CredentialId, Zeroizing<String>)>,
    /// The code of a counter that was shown last.
    counter_code: Option<(CredentialId, Zeroizing<String>)>,
}

struct Unlocked {
    vault: UnlockedVault,
    last_activity: Moment,
}

/// An enrolment link that waits for its token to be made.
struct Invitation {
    link: EnrolmentLink,
    name: Option<provisioning::Label>,
}

/// A PIN on its way from the first entry to the new vault.
struct ChosenPin {
    digits: Zeroizing<String>,
    repeated: bool,
}

impl Session {
    /// A session that starts locked, with its note in `data_folder`.
    pub(crate) fn new(
        keyring: Arc<dyn Keyring>,
        data_folder: &Path,
        settings: SettingsFile,
    ) -> Self {
        Self {
            vault: Vault::new(keyring),
            unlocked: None,
            note: NoteFile::in_folder(data_folder),
            note_unwritten: false,
            anew: false,
            erased: None,
            invitation: None,
            making: None,
            other: None,
            pin: None,
            pins: PinEntry::default(),
            settings,
            last_look: None,
            clock_skew: None,
            open_report: None,
            refused_link: None,
            sent_while_locked: Vec::new(),
            export: None,
            pskc: None,
            counter_code: None,
        }
    }

    /// What the pages should show now.
    pub(crate) fn status(&mut self, now: UnixTime) -> Result<Status, Problem> {
        Ok(Status {
            vault: self.vault_view(now)?,
            invitation: self.invitation.as_ref().map(|waiting| InvitationView::of(&waiting.link)),
            refused_link: self.refused_link.clone(),
            other: self.other.as_ref().map(OtherView::of),
            making: self.making_view(),
            handheld: cfg!(mobile),
            clock_skew: self.clock_skew,
        })
    }

    /// What to quote to the help desk while the keyring does not answer.
    pub(crate) fn known_tokens(&self) -> Vec<KnownView> {
        match self.note.read() {
            Found::Note(note) => note.tokens.iter().map(KnownView::of).collect(),
            Found::Nothing | Found::Unreadable => Vec::new(),
        }
    }

    /// Goes on to a new vault although the old one's tokens are gone.
    pub(crate) fn set_up_anew(&mut self) {
        self.anew = true;
    }

    fn vault_view(&mut self, now: UnixTime) -> Result<VaultView, Problem> {
        if let Some(unlocked) = &self.unlocked {
            let tokens = unlocked.vault.credentials().iter();
            return Ok(VaultView::Unlocked {
                tokens: tokens.map(|credential| TokenView::of(credential, now)).collect(),
                used_last: self.note.used_last(),
                unreadable: unlocked.vault.unreadable().iter().map(|u| u.id.to_string()).collect(),
                note_unwritten: self.note_unwritten,
            });
        }
        match self.vault.state().map_err(|error| self.explain(error)) {
            Ok(State::Locked { tries_left, pin_length, .. }) => {
                let tries_left = Some(tries_left).filter(|left| *left < vault::MAX_TRIES);
                Ok(VaultView::Locked { tries_left, pin_length })
            }
            Ok(State::NoVault) => Ok(self.without_vault()),
            // An erasing that was interrupted is finished now.
            Err(Problem::Erased) => Ok(self.without_vault()),
            Err(problem) => Err(problem),
        }
    }

    /// The vault's refusal; that it was erased is told once, so its credential IDs are kept.
    fn explain(&mut self, error: vault::Error) -> Problem {
        if let vault::Error::Erased { credential_ids } = &error {
            self.anew = false;
            self.note_unwritten = self.note.update(|note| note.erased(credential_ids)).is_err();
            self.erased = Some(credential_ids.clone());
        }
        Problem::from(error)
    }

    fn without_vault(&self) -> VaultView {
        match self.note.read() {
            _ if self.anew => VaultView::None,
            // What was erased under this session's eyes, also where no note could be written.
            Found::Nothing | Found::Unreadable if self.erased.is_some() => {
                let ids = self.erased.iter().flatten();
                VaultView::Erased { known: ids.map(|id| KnownView::without_name(*id)).collect() }
            }
            Found::Nothing => VaultView::None,
            Found::Unreadable => VaultView::Emptied { known: Vec::new() },
            Found::Note(note) => {
                let known = note.tokens.iter().map(KnownView::of).collect();
                if note.erased { VaultView::Erased { known } } else { VaultView::Emptied { known } }
            }
        }
    }

    fn unlocked(&self) -> Result<&UnlockedVault, Problem> {
        self.unlocked.as_ref().map(|unlocked| &unlocked.vault).ok_or(Problem::Locked)
    }

    fn unlocked_mut(&mut self) -> Result<&mut UnlockedVault, Problem> {
        self.unlocked.as_mut().map(|unlocked| &mut unlocked.vault).ok_or(Problem::Locked)
    }

    /// Writes down which tokens there are. Tokens do not depend on it, so failing is only told.
    fn write_note(&mut self) {
        let Ok(vault) = self.unlocked() else { return };
        // Another issuer's account has no credential ID to quote.
        let own = vault.credentials().iter().filter(|credential| credential.is_own());
        let tokens = own.map(|credential| KnownToken {
            credential_id: credential.id,
            name: credential.name.clone(),
            issuer: credential.issuer.clone(),
        });
        let tokens: Vec<_> = tokens.collect();
        let unreadable = vault.unreadable().iter().map(|token| token.id);
        let unreadable: Vec<_> = unreadable.filter(|id| !id.is_of_other_issuer()).collect();
        let written = self.note.update(|note| note.list(tokens, &unreadable));
        self.note_unwritten = written.is_err();
    }
}
