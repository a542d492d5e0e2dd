//! The app between start and end: what is locked, what waits, and what may be done when.
//!
//! Nothing here knows of windows or pages; time comes in as a [`Moment`].
//!
//! ```text
//!                  unlock                        lock now, 5 idle minutes, closing
//!   locked ------------------------> unlocked -------------------------------------> locked
//!   no vault -- enrol (with PIN) --> unlocked
//! ```

mod enrolment;
mod export;
mod lock;
mod token_codes;
pub(crate) mod views;

use std::{path::Path, sync::Arc};

use oath::{CredentialId, UnixTime};
use provisioning::{EnrolmentLink, ServerUrl};
use vault::{Keyring, State, UnlockedVault, Vault};
use zeroize::Zeroizing;

use crate::{
    clock::Moment,
    note::{Found, KnownToken, NoteFile},
    problem::Problem,
};

pub(crate) use enrolment::Next;
pub(crate) use export::Export;
use views::{InvitationView, KnownView, RefusedLinkView, Status, TokenView, VaultView};

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
    refused_link: Option<RefusedLinkView>,
    /// What the server took while the vault was locked, to be written at the next unlock.
    sent_while_locked: Vec<(CredentialId, ServerUrl, UnixTime)>,
    export: Option<(CredentialId, Export)>,
}

struct Unlocked {
    vault: UnlockedVault,
    last_activity: Moment,
}

/// An enrolment link that waits for its token to be made.
struct Invitation {
    link: EnrolmentLink,
    name: Option<provisioning::Label>,
    pin: Option<ChosenPin>,
}

/// A PIN on its way from the first entry to the new vault.
struct ChosenPin {
    digits: Zeroizing<String>,
    repeated: bool,
}

impl Session {
    /// A session that starts locked, with its note in `data_folder`.
    pub(crate) fn new(keyring: Arc<dyn Keyring>, data_folder: &Path) -> Self {
        Self {
            vault: Vault::new(keyring),
            unlocked: None,
            note: NoteFile::in_folder(data_folder),
            note_unwritten: false,
            anew: false,
            erased: None,
            invitation: None,
            refused_link: None,
            sent_while_locked: Vec::new(),
            export: None,
        }
    }

    /// What the pages should show now.
    pub(crate) fn status(&mut self, now: UnixTime) -> Result<Status, Problem> {
        Ok(Status {
            vault: self.vault_view(now)?,
            invitation: self.invitation.as_ref().map(|waiting| InvitationView::of(&waiting.link)),
            refused_link: self.refused_link.clone(),
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
                unreadable: unlocked.vault.unreadable().iter().map(|u| u.id.to_string()).collect(),
                note_unwritten: self.note_unwritten,
            });
        }
        match self.vault.state().map_err(|error| self.explain(error)) {
            Ok(State::Locked { tries_left, pin_length, .. }) => {
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
        let tokens = vault.credentials().iter().map(|credential| KnownToken {
            credential_id: credential.id,
            name: credential.name.clone(),
            issuer: credential.issuer.clone(),
        });
        let tokens: Vec<_> = tokens.collect();
        let unreadable: Vec<_> = vault.unreadable().iter().map(|token| token.id).collect();
        let written = self.note.update(|note| note.list(tokens, &unreadable));
        self.note_unwritten = written.is_err();
    }
}
