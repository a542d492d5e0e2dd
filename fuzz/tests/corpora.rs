//! Every target over its seeds, and over what chance makes of them: the bounded size of `cargo xtask
//! fuzz`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use fuzz::{TARGETS, Target};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// How many changed inputs each target is given.
const CHANGED: usize = 300;

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// One input made of another: bytes flipped, taken out, doubled, or put in from a third one.
fn changed(input: &[u8], other: &[u8], chance: &mut StdRng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..chance.random_range(1..=4) {
        let at = chance.random_range(0..=bytes.len());
        let end = chance.random_range(at..=bytes.len().min(at + 16));
        match chance.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = chance.random(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let from = chance.random_range(0..=other.len());
                let to = chance.random_range(from..=other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

fn stands(target: Target, bytes: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| target(bytes))).is_ok()
}

#[test]
fn every_target_stands_its_seeds_and_what_chance_makes_of_them() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has seeds");
        for (path, bytes) in &corpus {
            assert!(stands(target, bytes), "{name}: {}", path.display());
        }
        // Its own stream a target, so that a new seed of one changes nothing for the others.
        let mut chance = StdRng::seed_from_u64(name.bytes().map(u64::from).sum());
        for n in 0..CHANGED {
            let [one, other] = [0, 1].map(|_| &corpus[chance.random_range(0..corpus.len())].1);
            let bytes = changed(one, other, &mut chance);
            if !stands(target, &bytes) {
                let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{n}"));
                fs::write(&kept, &bytes).unwrap();
                panic!(
                    "{name} falls by {}: mend it, and put that file into the corpus",
                    kept.display()
                );
            }
        }
    }
}

/// A folder without a target would be read by nobody.
#[test]
fn every_corpus_and_program_has_its_target() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for folder in ["corpus", "targets"] {
        let mut names: Vec<_> = fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut expected = TARGETS.map(|(name, _)| name.to_owned());
        names.sort();
        expected.sort();
        assert_eq!(names, expected, "{folder}");
    }
}
