//! The note in the app's data folder: which tokens the keyring should hold. No secrets.
//!
//! It lets the app say what is gone when the keyring comes back empty, instead of greeting a
//! stranger. Nothing is decided by it but which screen explains.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
};

use oath::CredentialId;
use provisioning::{ActivationId, IssuerName, Label};
use serde::{Deserialize, Serialize};

use crate::replacing::replace;

const FILE: &str = "known-tokens.json";
const VERSION: u32 = 1;
const MAX_USED_LINKS: usize = 100;
/// A longer file is not one that we wrote.
const MAX_BYTES: u64 = 1 << 20;

/// What the note says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Note {
    version: u32,
    /// The tokens that the keyring held when this was written.
    pub(crate) tokens: Vec<KnownToken>,
    /// They were erased after too many wrong PINs.
    #[serde(default)]
    pub(crate) erased: bool,
    /// The token whose code was wanted last.
    #[serde(default)]
    used_last: Option<CredentialId>,
    /// The enrolment links that were used here last.
    #[serde(default)]
    used_links: VecDeque<UsedLink>,
}

/// That a link was used, so that a second click on it makes no second token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct UsedLink {
    activation: ActivationId,
    credential_id: CredentialId,
}

/// One token, as far as it may be known without a PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownToken {
    pub(crate) credential_id: CredentialId,
    pub(crate) name: Label,
    pub(crate) issuer: Option<IssuerName>,
}

impl Note {
    /// Lists the tokens that there are; of those that cannot be read, what was known stays.
    pub(crate) fn list(&mut self, tokens: Vec<KnownToken>, unreadable: &[CredentialId]) {
        self.tokens.retain(|known| unreadable.contains(&known.credential_id));
        self.tokens.splice(0..0, tokens);
        self.erased = false;
    }

    /// Says that these were erased; of one that was never noted, the credential ID is all that is
    /// known.
    pub(crate) fn erased(&mut self, ids: &[CredentialId]) {
        for id in ids {
            let noted = self.tokens.iter().any(|known| known.credential_id == *id);
            if let (false, Ok(name)) = (noted, id.to_string().parse()) {
                self.tokens.push(KnownToken { credential_id: *id, name, issuer: None });
            }
        }
        self.erased = true;
    }

    /// Remembers which token a link made.
    pub(crate) fn link_used(&mut self, activation: ActivationId, credential_id: CredentialId) {
        self.used_links.push_back(UsedLink { activation, credential_id });
        if self.used_links.len() > MAX_USED_LINKS {
            self.used_links.pop_front();
        }
    }
}

/// What was found where the note should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No note, or one that says nothing: nobody has had a token here.
    Nothing,
    /// A note of some tokens.
    Note(Note),
    /// A file that cannot be understood: somebody has had tokens here, which is all it says.
    Unreadable,
}

/// Where the note is kept.
#[derive(Debug)]
pub(crate) struct NoteFile {
    folder: PathBuf,
}

impl NoteFile {
    /// The note in `folder`, which need not exist yet.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Reads what the note says of tokens; never fails, since none depends on it.
    pub(crate) fn read(&self) -> Found {
        match self.parsed() {
            Found::Note(note) if note.tokens.is_empty() && !note.erased => Found::Nothing,
            found => found,
        }
    }

    /// The note as it is, also one that lists no token.
    fn parsed(&self) -> Found {
        match self.read_text() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
            Err(_) => Found::Unreadable,
            Ok(text) => match serde_json::from_str::<Note>(&text) {
                Ok(note) if note.version != VERSION => Found::Unreadable,
                Ok(note) => Found::Note(note),
                Err(_) => Found::Unreadable,
            },
        }
    }

    /// Changes the note; one that cannot be read is replaced.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Note)) -> io::Result<()> {
        let mut note = match self.parsed() {
            Found::Note(note) => note,
            Found::Nothing | Found::Unreadable => Note::default(),
        };
        note.version = VERSION;
        change(&mut note);
        self.write(&note)
    }

    /// The token whose code was wanted last.
    pub(crate) fn used_last(&self) -> Option<CredentialId> {
        let Found::Note(note) = self.parsed() else { return None };
        note.used_last
    }

    /// Writes down whose code was wanted last; `None`: an order of the person's own holds again.
    pub(crate) fn write_used_last(&self, id: Option<CredentialId>) {
        if self.used_last() != id {
            // The order on the screen is all that depends on it.
            let _ = self.update(|note| note.used_last = id);
        }
    }

    /// The token that a link made here.
    pub(crate) fn token_of_link(&self, activation: ActivationId) -> Option<CredentialId> {
        let Found::Note(note) = self.parsed() else { return None };
        let used = note.used_links.iter().find(|used| used.activation == activation)?;
        Some(used.credential_id)
    }

    /// Replaces the note as a whole: a crash leaves the old one or the new one.
    fn write(&self, note: &Note) -> io::Result<()> {
        replace(&self.folder, FILE, &serde_json::to_vec_pretty(note)?)
    }

    fn read_text(&self) -> io::Result<String> {
        let path = self.folder.join(FILE);
        if fs::metadata(&path)?.len() > MAX_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        fs::read_to_string(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> KnownToken {
        KnownToken {
            credential_id: "CSST4F7K92MQ".parse().unwrap(),
            name: "Phone".parse().unwrap(),
            issuer: Some("Example Clinic".parse().unwrap()),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoteFile::in_folder(&folder.path().join("not/yet"));
        assert_eq!(file.read(), Found::Nothing);

        file.update(|note| note.list(vec![token()], &[])).unwrap();
        let Found::Note(note) = file.read() else { panic!() };
        assert_eq!((note.tokens, note.erased), (vec![token()], false));

        file.update(|note| note.erased = true).unwrap();
        let Found::Note(note) = file.read() else { panic!() };
        assert_eq!((note.tokens, note.erased), (vec![token()], true));
    }

    #[test]
    fn a_used_link_is_remembered_through_new_lists() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoteFile::in_folder(folder.path());
        let (used, other) = (ActivationId::from_bytes([1; 16]), ActivationId::from_bytes([2; 16]));
        file.update(|note| note.list(vec![token()], &[])).unwrap();
        file.update(|note| note.link_used(used, token().credential_id)).unwrap();
        file.update(|note| note.list(vec![token(), token()], &[])).unwrap();
        assert_eq!(file.token_of_link(used), Some(token().credential_id));
        assert_eq!(file.token_of_link(other), None);
    }

    #[test]
    fn a_note_that_lists_no_token_keeps_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoteFile::in_folder(folder.path());
        let (id, link) = (token().credential_id, ActivationId::from_bytes([1; 16]));
        file.update(|note| note.list(vec![token()], &[])).unwrap();
        file.update(|note| note.link_used(link, id)).unwrap();
        file.update(|note| note.list(Vec::new(), &[])).unwrap();
        file.write_used_last(Some(id));
        assert_eq!(file.read(), Found::Nothing);
        assert_eq!(file.token_of_link(link), Some(id));
        assert_eq!(file.used_last(), Some(id));
    }

    #[test]
    fn an_unreadable_token_is_not_forgotten() {
        let mut note = Note::default();
        note.list(vec![token()], &[]);
        note.list(Vec::new(), &[token().credential_id]);
        assert_eq!(note.tokens, [token()]);
        note.list(Vec::new(), &[]);
        assert_eq!(note.tokens, []);
    }

    #[test]
    fn used_links_do_not_pile_up() {
        let mut note = Note::default();
        for _ in 0..2 * MAX_USED_LINKS {
            note.link_used(ActivationId::from_bytes([1; 16]), token().credential_id);
        }
        assert_eq!(note.used_links.len(), MAX_USED_LINKS);
    }

    #[test]
    fn a_damaged_or_newer_note_is_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoteFile::in_folder(folder.path());
        for text in ["", "{", r#"{"version":2,"tokens":[]}"#, "\u{0}\u{1}"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert_eq!(file.read(), Found::Unreadable, "{text:?}");
        }
        fs::write(folder.path().join(FILE), [0xff, 0xfe]).unwrap();
        assert_eq!(file.read(), Found::Unreadable);
    }

    #[test]
    fn no_half_written_note_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoteFile::in_folder(folder.path());
        file.update(|note| note.list(vec![token()], &[])).unwrap();
        file.update(|note| note.list(vec![token(), token()], &[])).unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE]);
    }
}
