//! What the system must have, and why it is needed: for the demo, and for the tests in addition.

use crate::probe::Probe;

/// One thing the system must have.
pub(crate) struct Requirement {
    /// Debian's package; Ubuntu's, where it has another name.
    pub(crate) package: &'static str,
    pub(crate) on_ubuntu: Option<&'static str>,
    pub(crate) reason: &'static str,
    probe: Probe,
    /// The versions that this project has been run with: the first number, from and to.
    known: Option<(u32, u32)>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building the programs, and showing them on a person's own display.
    Show,
    /// The same by itself, on a virtual display.
    Walk,
    /// The tests, and whatever measures.
    Test,
}

/// All that is needed, in the order in which it is explained.
pub(crate) fn needed(purpose: Purpose) -> Vec<&'static Requirement> {
    let lists: &[&[Requirement]] = match purpose {
        Purpose::Show => &[SHOWING, PERSONS],
        Purpose::Walk => &[SHOWING, WALKING],
        Purpose::Test => &[SHOWING, WALKING, TESTING],
    };
    lists.iter().copied().flatten().collect()
}

pub(crate) const fn program(
    package: &'static str,
    names: &'static [&'static str],
    version: &'static [&'static str],
    reason: &'static str,
) -> Requirement {
    let probe = Probe::Program { names, version };
    Requirement { package, on_ubuntu: None, reason, probe, known: None }
}

impl Requirement {
    const fn known(mut self, from: u32, to: u32) -> Self {
        self.known = Some((from, to));
        self
    }

    const fn on_ubuntu(mut self, package: &'static str) -> Self {
        self.on_ubuntu = Some(package);
        self
    }

    pub(crate) const fn found_by(mut self, probe: Probe) -> Self {
        self.probe = probe;
        self
    }
}

/// What is built with, and what a person sees the demo by.
const SHOWING: &[Requirement] = &[
    program("pkg-config", &["pkg-config"], &[], "finds the web view's library"),
    program("libwebkit2gtk-4.1-dev", &[], &[], "the app's window")
        .found_by(Probe::Library("webkit2gtk-4.1"))
        .known(2, 2),
    program("libayatana-appindicator3-1", &[], &[], "the app's place in the tray")
        .found_by(Probe::SharedLibrary("libayatana-appindicator3.so.1")),
    program("xdg-utils", &["xdg-open"], &[], "opens the dashboard, and links in the tests"),
];

/// What a person with a display has already, as a rule; any will do.
const PERSONS: &[Requirement] = &[
    program(
        "dbus",
        &["dbus-daemon", "dbus-broker"],
        &[],
        "the session bus that leads to the keyring",
    ),
    program(
        "gnome-keyring",
        &["gnome-keyring-daemon", "kwalletd6", "kwalletd5", "keepassxc"],
        &[],
        "the keyring, which keeps the seed",
    ),
    program(
        "firefox-esr",
        &[
            "x-www-browser",
            "firefox-esr",
            "firefox",
            "chromium",
            "chromium-browser",
            "google-chrome",
        ],
        &[],
        "a browser for the dashboard",
    )
    .on_ubuntu("firefox"),
];

/// What the demo walks with where there is no display.
const WALKING: &[Requirement] = &[
    program("xvfb", &["Xvfb"], &[], "a virtual display"),
    program("webkit2gtk-driver", &["WebKitWebDriver"], &[], "drives the app's window"),
    program("dbus", &["dbus-daemon"], &["--version"], "a session bus of its own").known(1, 1),
    program(
        "gnome-keyring",
        &["gnome-keyring-daemon"],
        &["--version"],
        "a real keyring beside a person's own",
    )
    .known(40, 50),
    program(
        "chromium",
        &["chromium", "chromium-browser"],
        &["--version"],
        "a real browser for the dashboard",
    )
    .on_ubuntu("chromium-browser"),
    program("chromium-driver", &["chromedriver"], &["--version"], "drives that browser")
        .on_ubuntu("chromium-chromedriver"),
    program(
        "oathtool",
        &["oathtool"],
        &["--version"],
        "somebody else's codes to compare ours with",
    )
    .known(2, 2),
    program("zbar-tools", &["zbarimg"], &["--version"], "reads the QR code off the screenshot")
        .known(0, 0),
    program("fonts-inter", &[], &[], "a legible font in the virtual display")
        .found_by(Probe::Font("Inter")),
];

/// What only tests, measurements and pictures take.
const TESTING: &[Requirement] = &[
    program("curl", &["curl"], &[], "the commands of docs/integrate.md are run with it"),
    program("systemd", &["systemd-analyze"], &[], "judges how exposed the server's unit is"),
    program("libglib2.0-bin", &["gio"], &[], "opens links as a desktop does"),
    program(
        "desktop-file-utils",
        &["update-desktop-database"],
        &[],
        "makes the app's package known to that, as the one that opens its links",
    ),
    program("librsvg2-bin", &["rsvg-convert"], &["--version"], "draws QR codes for that reader")
        .known(2, 2),
    program("gcr", &[], &[], "the keyring's own prompt, to be answered and dismissed").found_by(
        Probe::Path(&[
            "/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service",
            "/usr/libexec/gcr-prompter",
            "/usr/lib/gcr/gcr-prompter",
        ]),
    ),
    program("xdotool", &["xdotool"], &["--version"], "dismisses the keyring's prompt by key")
        .known(3, 4),
    program("xclip", &["xclip"], &[], "looks into the clipboard as other programs do"),
    program("openbox", &["openbox"], &["--version"], "closes, minimises and moves the window")
        .known(3, 3),
    program("faketime", &["faketime"], &["--version"], "clocks that go wrong").known(0, 0),
    program("util-linux", &["unshare", "nsenter"], &[], "a server with a small disk of its own"),
    program("mount", &["mount"], &[], "that disk"),
    program("g++", &["g++"], &[], "compiles libFuzzer"),
    program(
        "qrencode",
        &["qrencode"],
        &["--version"],
        "draws somebody else's QR codes, to be read",
    )
    .known(3, 4),
    program("imagemagick", &["convert"], &[], "draws them as JPEG, and pictures without one"),
    program("python3-venv", &[], &[], "where Schemathesis is put, which asks the API everything")
        .found_by(Probe::Modules(&["venv", "ensurepip"])),
    program("python3-pskc", &[], &[], "somebody else's reader of PSKC files")
        .found_by(Probe::Modules(&["pskc"])),
    program("python3-cryptography", &[], &[], "the reader of sealed tokens in docs/ needs it")
        .found_by(Probe::Modules(&["cryptography"])),
    program("pskctool", &["pskctool"], &["--version"], "another reader of PSKC files, in plain")
        .known(2, 2),
    program(
        "postgresql",
        &[],
        &[],
        "a real PostgreSQL for the tests, and pgbench beside it; started by them, none need run",
    )
    .found_by(Probe::Postgresql),
    program("npm", &["npm"], &[], "gets axe-core, which checks the pages' accessibility"),
];

impl Requirement {
    pub(crate) fn is_present(&self) -> bool {
        self.probe.finds()
    }

    /// The first number of the installed version, where it can be asked for.
    pub(crate) fn major_version(&self) -> Option<u32> {
        self.probe.major_version()
    }

    /// A sentence when the version found is not one we know.
    pub(crate) fn complaint(&self) -> Option<String> {
        let (from, to) = self.known?;
        match self.major_version() {
            Some(found) if (from..=to).contains(&found) => None,
            Some(found) => Some(format!(
                "{} is version {found}; this project is known to work with {from} to {to}.",
                self.package
            )),
            None => Some(format!("{} is there, but does not tell its version.", self.package)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_takes_nothing_that_only_tests_take() {
        let names = |purpose| needed(purpose).iter().map(|one| one.package).collect::<Vec<_>>();
        let (show, walk, test) = (names(Purpose::Show), names(Purpose::Walk), names(Purpose::Test));
        let built = SHOWING.iter().map(|one| one.package).collect::<Vec<_>>();
        assert!(show.starts_with(&built) && walk.starts_with(&built) && test.starts_with(&walk));
        assert!(show.contains(&"gnome-keyring"), "the app does nothing without one");
        for of_tests in ["npm", "postgresql", "imagemagick", "qrencode", "python3-venv", "faketime"]
        {
            assert!(test.contains(&of_tests) && !walk.contains(&of_tests), "{of_tests}");
        }
        for of_a_virtual_display in ["xvfb", "chromium", "webkit2gtk-driver"] {
            assert!(walk.contains(&of_a_virtual_display));
            assert!(!show.contains(&of_a_virtual_display), "{of_a_virtual_display}");
        }
        let mut once = test.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), test.len(), "a package stands there twice");
    }
}
