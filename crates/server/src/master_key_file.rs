//! The file that holds the master key: made at first start, never again, readable by its owner only.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rand_core::CryptoRng;
use registry::MasterKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The file is the key: 32 bytes, nothing else.
const LENGTH: usize = 32;

/// Any permission for the group or for everybody.
const OPEN_TO_OTHERS: u32 = 0o077;

/// Reads the master key; makes a new one where there is neither a key nor a database.
pub(crate) fn read_or_make(
    path: &Path,
    database_exists: bool,
    rng: &mut impl CryptoRng,
) -> Result<MasterKey, Failure> {
    match read(path) {
        Err(Failure::MasterKeyMissing { .. }) if !database_exists => {
            make(path, rng)?;
            read(path)
        }
        result => result,
    }
}

/// Reads a master key that must be there.
pub(crate) fn read(path: &Path) -> Result<MasterKey, Failure> {
    let unreadable = |cause| Failure::MasterKeyUnreadable { path: path.to_owned(), cause };
    let mut file = File::open(path).map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => Failure::MasterKeyMissing { path: path.to_owned() },
        _ => unreadable(cause),
    })?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.permissions().mode() & OPEN_TO_OTHERS != 0 {
        return Err(Failure::MasterKeyOpenToOthers { path: path.to_owned() });
    }
    if metadata.len() != LENGTH as u64 {
        return Err(Failure::MasterKeyLength { path: path.to_owned(), found: metadata.len() });
    }
    let mut key = Zeroizing::new([0; LENGTH]);
    file.read_exact(&mut *key).map_err(unreadable)?;
    Ok(MasterKey::from_bytes(*key))
}

/// Writes a new key beside its place, then links it there: it appears whole, and never over another.
pub(crate) fn make(path: &Path, rng: &mut impl CryptoRng) -> Result<(), Failure> {
    let unwritable = |cause| Failure::MasterKeyUnwritable { path: path.to_owned(), cause };
    let mut key = Zeroizing::new([0; LENGTH]);
    rng.fill_bytes(&mut *key);
    // A random name: one that a crash left behind, or somebody put there, is in nobody's way.
    let mut draft_name = path.as_os_str().to_owned();
    draft_name.push(format!(".{:016x}", rng.next_u64()));
    let draft = Path::new(&draft_name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)
        .map_err(unwritable)?;
    let placed = file
        .write_all(&*key)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(draft, path));
    fs::remove_file(draft).map_err(unwritable)?;
    match placed {
        // Another process made one at the same moment: that one counts.
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(unwritable(cause)),
        Ok(()) => sync_folder_of(path).map_err(unwritable),
    }
}

/// A key that a crash could lose would take every seed with it.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn rng() -> impl CryptoRng {
        getrandom::rand_core::UnwrapErr(getrandom::SysRng)
    }

    #[test]
    fn made_once_for_its_owner_only_and_then_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        read_or_make(&path, false, &mut rng()).unwrap();
        let made = fs::read(&path).unwrap();
        assert_eq!(made.len(), LENGTH);
        assert_ne!(made, [0; LENGTH]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        read_or_make(&path, false, &mut rng()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_draft_that_was_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(folder.path().join(format!("master.key.{}", std::process::id())), "").unwrap();
        read_or_make(&path, false, &mut rng()).unwrap();
    }

    #[test]
    fn a_missing_key_of_an_existing_database_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let refused = read_or_make(&path, true, &mut rng());
        assert!(matches!(refused, Err(Failure::MasterKeyMissing { .. })));
        assert!(!path.exists());
    }

    #[test]
    fn a_key_that_others_can_read_or_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        read_or_make(&path, false, &mut rng()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = read_or_make(&path, false, &mut rng());
        assert!(matches!(open, Err(Failure::MasterKeyOpenToOthers { .. })));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, [7; LENGTH + 1]).unwrap();
        let long = read_or_make(&path, false, &mut rng());
        assert!(matches!(long, Err(Failure::MasterKeyLength { found: 33, .. })));
    }
}
