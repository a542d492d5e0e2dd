//! What the system must have, how to see that it is there, and why it is needed.

use std::path::Path;
use std::process::Command;

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

/// How to see, on any distribution, that it is there.
pub(crate) enum Probe {
    /// One of these programs is in `PATH`; its version is in the output of these arguments.
    Program { names: &'static [&'static str], version: &'static [&'static str] },
    /// `pkg-config` knows this library.
    Library(&'static str),
    /// One of these files or folders exists.
    Path(&'static [&'static str]),
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

/// Everything, in the order in which it is explained.
pub(crate) const ALL: &[Requirement] = &[
    program("pkg-config", &["pkg-config"], &[], "finds the web view's library"),
    program("curl", &["curl"], &[], "the commands of docs/integrate.md are run with it"),
    program("libwebkit2gtk-4.1-dev", &[], &[], "the app's window")
        .found_by(Probe::Library("webkit2gtk-4.1"))
        .known(2, 2),
    program("libayatana-appindicator3-1", &[], &[], "the app's place in the tray").found_by(
        Probe::Path(&[
            "/usr/lib/x86_64-linux-gnu/libayatana-appindicator3.so.1",
            "/usr/lib/aarch64-linux-gnu/libayatana-appindicator3.so.1",
        ]),
    ),
    program("systemd", &["systemd-analyze"], &[], "judges how exposed the server's unit is"),
    program("xdg-utils", &["xdg-open"], &[], "opens the dashboard, and links in the tests"),
    program("libglib2.0-bin", &["gio"], &[], "opens links as a desktop does"),
    program(
        "desktop-file-utils",
        &["update-desktop-database"],
        &[],
        "makes the app's package known to that, as the one that opens its links",
    ),
    program("xvfb", &["Xvfb"], &[], "a display for the tests"),
    program("webkit2gtk-driver", &["WebKitWebDriver"], &[], "drives the app's window"),
    program("dbus", &["dbus-daemon"], &["--version"], "a session bus of the tests' own")
        .known(1, 1),
    program(
        "gnome-keyring",
        &["gnome-keyring-daemon"],
        &["--version"],
        "a real keyring for the tests",
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
    program("librsvg2-bin", &["rsvg-convert"], &["--version"], "draws QR codes for that reader")
        .known(2, 2),
    program("gcr", &[], &[], "the keyring's own prompt, to be answered and dismissed")
        .found_by(Probe::Path(&["/usr/libexec/gcr-prompter", "/usr/lib/gcr/gcr-prompter"])),
    program("xdotool", &["xdotool"], &["--version"], "dismisses the keyring's prompt by key")
        .known(3, 4),
    program("xclip", &["xclip"], &[], "looks into the clipboard as other programs do"),
    program("openbox", &["openbox"], &["--version"], "closes, minimises and moves the window")
        .known(3, 3),
    program("faketime", &["faketime"], &["--version"], "clocks that go wrong").known(0, 0),
    program("util-linux", &["unshare", "nsenter"], &[], "a server with a small disk of its own"),
    program("mount", &["mount"], &[], "that disk"),
    program("g++", &["g++"], &[], "compiles libFuzzer"),
    program("qrencode", &["qrencode"], &["--version"], "somebody else's QR codes, to be read")
        .known(3, 4),
    program("imagemagick", &[], &[], "the same as JPEG, and pictures without one")
        .found_by(Probe::Path(&["/usr/bin/convert", "/usr/bin/magick"])),
    program("python3-venv", &[], &[], "where Schemathesis is put, which asks the API everything")
        .found_by(Probe::Path(&[
            "/usr/lib/python3.11/ensurepip",
            "/usr/lib/python3.12/ensurepip",
            "/usr/lib/python3.13/ensurepip",
        ])),
    program("python3-pskc", &[], &[], "somebody else's reader of PSKC files")
        .found_by(Probe::Path(&["/usr/lib/python3/dist-packages/pskc"])),
    program("python3-cryptography", &[], &[], "the reader of sealed tokens in docs/ needs it")
        .found_by(Probe::Path(&["/usr/lib/python3/dist-packages/cryptography"])),
    program("pskctool", &["pskctool"], &["--version"], "another reader of PSKC files, in plain")
        .known(2, 2),
    program(
        "postgresql",
        &[],
        &[],
        "a real PostgreSQL for the tests, and pgbench beside it; started by them, none need run",
    )
    .found_by(Probe::Path(&["/usr/lib/postgresql"])),
    program("npm", &["npm"], &[], "gets axe-core, which checks the pages' accessibility"),
    program("fonts-inter", &[], &[], "a legible font in the virtual display").found_by(
        Probe::Path(&["/usr/share/fonts/opentype/inter", "/usr/share/fonts/truetype/inter"]),
    ),
];

impl Requirement {
    pub(crate) fn is_present(&self) -> bool {
        match self.probe {
            Probe::Program { names, .. } => names.iter().any(|name| is_program(name)),
            Probe::Library(name) => run("pkg-config", &["--exists", name]).is_some(),
            Probe::Path(paths) => paths.iter().any(|path| Path::new(path).exists()),
        }
    }

    /// The first number of the installed version, where it can be asked for.
    pub(crate) fn major_version(&self) -> Option<u32> {
        let text = match self.probe {
            Probe::Program { version: &[], .. } | Probe::Path(_) => return None,
            Probe::Program { names, version } => {
                run(names.iter().find(|name| is_program(name))?, version)?
            }
            Probe::Library(name) => run("pkg-config", &["--modversion", name])?,
        };
        first_number(&text)
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

fn is_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// What a program prints, if it succeeds.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first word's leading number among words that look like a version, `2.6.7` or `42.1`.
fn first_number(text: &str) -> Option<u32> {
    text.split_whitespace()
        .filter(|word| word.contains('.'))
        .find_map(|word| word.split('.').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::first_number;

    #[test]
    fn a_version_is_found_in_what_each_tool_prints() {
        assert_eq!(first_number("oathtool (OATH Toolkit) 2.6.7\nCopyright"), Some(2));
        assert_eq!(first_number("gnome-keyring-daemon: 42.1\ntesting: enabled"), Some(42));
        assert_eq!(first_number("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"), Some(156));
        assert_eq!(first_number("xdotool version 3.20160805.1"), Some(3));
        assert_eq!(first_number("0.23.92"), Some(0));
        assert_eq!(first_number("no version here."), None);
    }
}
