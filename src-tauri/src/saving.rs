//! Saving an export as a file that only its owner can read, never over another file.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use oath::CredentialId;

/// Far more exports of one token than anybody keeps in one folder.
const MAX_NUMBER: u32 = 10_000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A token sealed to a server.
    Sealed,
    /// A token under a passphrase (RFC 6030).
    Pskc,
}

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Self::Sealed => "countersign",
            Self::Pskc => "pskc.xml",
        }
    }
}

/// Saves `text` in `folder` as `countersign-<credential ID>.countersign`, or with `-2`, `-3`, ...
/// where that name is taken. The file appears whole or not at all.
pub(crate) fn save(folder: &Path, id: CredentialId, kind: Kind, text: &str) -> io::Result<PathBuf> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    for number in 1..MAX_NUMBER {
        let path = folder.join(file_name(id, kind, number));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn file_name(id: CredentialId, kind: Kind, number: u32) -> String {
    let (id, extension) = (id.as_str(), kind.extension());
    match number {
        1 => format!("countersign-{id}.{extension}"),
        _ => format!("countersign-{id}-{number}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn id() -> CredentialId {
        "CSST4F7K92MQ".parse().unwrap()
    }

    #[test]
    fn never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<_> = ["one", "two", "three"]
            .iter()
            .map(|text| save(folder.path(), id(), Kind::Sealed, text).unwrap())
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "countersign-CSST4F7K92MQ.countersign",
                "countersign-CSST4F7K92MQ-2.countersign",
                "countersign-CSST4F7K92MQ-3.countersign",
            ]
        );
        assert_eq!(fs::read_to_string(folder.path().join(&names[0])).unwrap(), "one\n");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), id(), Kind::Pskc, "text").unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(save(&folder.path().join("absent"), id(), Kind::Sealed, "text").is_err());
    }
}
