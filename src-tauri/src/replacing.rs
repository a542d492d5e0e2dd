//! Replacing a small file as a whole: a crash leaves the old one or the new one.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Writes `content` to `folder/name`; the folder is made where it does not exist.
///
/// The new file has one name until it takes the old one's place, so that a crash leaves at most one
/// behind, which the next write takes over. There is one instance of the app, so one writer; without
/// a session bus, where nobody counts the instances, two that write at once may spoil the file.
pub(crate) fn replace(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let new = folder.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_behind_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("not there yet");
        replace(&folder, "note", b"old").unwrap();
        fs::write(folder.join("note.new"), "half of a much longer one").unwrap();
        replace(&folder, "note", b"new").unwrap();
        assert_eq!(fs::read(folder.join("note")).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
