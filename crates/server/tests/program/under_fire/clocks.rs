//! The server's clock is set an hour ahead, an hour behind, and right again: nothing is accepted twice,
//! and what the steps kept out comes back by itself.

use std::{
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use oath::Totp;

use super::fob::{Fob, Told};
use crate::{
    app::App,
    clock,
    process::{Folder, SERVE, Server},
};

const HOUR: i64 = 60 * 60;

/// Where Debian and Ubuntu have libfaketime.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// The wall clock of one server.
struct Clock(PathBuf);

impl Clock {
    fn new(folder: &Path) -> Self {
        let clock = Self(folder.join("clock"));
        clock.set(0);
        clock
    }

    /// Sets it so many seconds off this machine's.
    fn set(&self, seconds: i64) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}")).unwrap();
        // Renamed, so that nobody reads half of it.
        std::fs::rename(new, &self.0).unwrap();
    }

    fn give_to(&self, command: &mut Command) {
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists());
        command
            .env("LD_PRELOAD", library.unwrap())
            .env("FAKETIME_TIMESTAMP_FILE", &self.0)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}

impl App {
    /// The code that an app shows whose clock is so many seconds off this machine's.
    fn code_at(&self, seconds: i64) -> String {
        let now = i64::try_from(Totp::default().period.step_at(clock::now())).unwrap();
        self.code_of(u64::try_from(now + seconds / 30).unwrap())
    }
}

/// Waits where a step is about to end, so that what follows is within one.
fn within_a_step() {
    while Totp::default()
        .period
        .start_of(Totp::default().period.step_at(clock::now()) + 1)
        .since(clock::now())
        < 15
    {
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn an_hour_forth_and_back_accepts_nothing_twice_and_heals() {
    let folder = Folder::new();
    let beside = tempfile::tempdir().unwrap();
    let clock = Clock::new(beside.path());
    let mut command = folder.command(SERVE);
    clock.give_to(&mut command);
    let server = Server::start_by(command, folder);
    let mut fob = Fob::new(&server, 1);
    fob.sign_in(2);
    let (phone, tablet) = (App::new(), App::new());
    fob.add(&server, &phone);
    fob.add(&server, &tablet);
    let refused = |told: Told| matches!(told, Told::Refused(_));

    within_a_step();
    // Adding took this step's code, or the one before.
    let used = phone.code_at(0);
    fob.test_of(&phone, &used);
    assert!(refused(fob.test_of(&phone, &used)));

    clock.set(HOUR);
    fob.sign_in(3);
    assert!(refused(fob.test(&crate::process::agent(), &fob.token.press(2))));
    assert!(refused(fob.test_of(&phone, &phone.code_at(0))), "an hour old by this clock");
    let ahead = phone.code_at(HOUR);
    assert_eq!(fob.test_of(&phone, &ahead), Told::Accepted);

    clock.set(-HOUR);
    fob.sign_in(4);
    for code in [&ahead, &used, &phone.code_at(-HOUR)] {
        assert!(refused(fob.test_of(&phone, code)), "not again, and none from before the last");
    }
    assert!(refused(fob.test(&crate::process::agent(), &fob.token.press(3))));

    clock.set(0);
    fob.sign_in(5);
    for press in 0..=5 {
        assert!(refused(fob.test(&crate::process::agent(), &fob.token.press(press))), "{press}");
    }
    let next = tablet.next_code();
    assert_eq!(fob.test_of(&tablet, &next), Told::Accepted, "not used meanwhile: as ever");
    assert!(refused(fob.test_of(&tablet, &next)));
    for code in [&used, &ahead] {
        assert!(refused(fob.test_of(&phone, code)));
    }

    // An hour later the last step that was accepted is over, and nobody had to do anything.
    clock.set(HOUR + 60);
    fob.sign_in(6);
    let later = phone.code_at(HOUR + 60);
    assert_eq!(fob.test_of(&phone, &later), Told::Accepted);
    assert!(refused(fob.test_of(&phone, &later)));
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{}", crate::process::text(&verified.stdout));
}
