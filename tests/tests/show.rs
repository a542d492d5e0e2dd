//! The demo as a person with a display has it: what it prints, what it opens, and that nothing of it is
//! left when it is ended.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use e2e::app::PROGRAM;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::process::{Running, arguments_of, interrupt, kill};
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{Browser, Dashboard, Desktop, KeyringState, Result, programs, test};

/// The demo on a desktop whose browser only notes what it is asked to open.
struct Shown {
    demo: Running,
    desktop: Desktop,
}

impl Shown {
    async fn start() -> Result<Self> {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        note_what_is_opened(&desktop)?;
        let mut command = desktop.command(programs::path("show")?);
        let log = desktop.folder().join("logs/show.log");
        let demo = Running::start("show", &mut command, &log, None)?;
        Ok(Self { demo, desktop })
    }

    /// What stands after these words on a line that is printed.
    async fn told(&mut self, words: &str) -> Result<String> {
        let after = |line: &str| Some(line.trim().strip_prefix(words)?.trim().to_owned());
        self.demo.line(after).await
    }

    async fn link(&mut self) -> Result<String> {
        self.demo.line(|line| line.starts_with("countersign://enrol#").then(|| line.into())).await
    }

    /// The app's process, once it was handed this link and has a window.
    async fn app(&self, link: &str) -> Result<u32> {
        wait::until("the app with its link", PATIENCE, async || {
            let apps = self.desktop.processes_of(PROGRAM);
            let with_link = |id: &u32| arguments_of(*id).iter().any(|argument| argument == link);
            Ok(match apps.iter().copied().find(with_link) {
                Some(app) if self.desktop.has_window()? => Look::There(app),
                _ => Look::NotYet(format!("{apps:?}")),
            })
        })
        .await
    }

    /// Ends it as Ctrl-C does, and looks for what it left.
    async fn end(mut self) -> Result<()> {
        ensure(self.folders()?.len() == 1, || "the demo has no folder of its own".to_owned())?;
        ensure(!self.processes().is_empty(), || "the demo runs nothing".to_owned())?;
        interrupt(self.demo.id());
        let status = self.demo.ended(Duration::from_secs(30)).await?;
        let printed = self.demo.output();
        ensure(status.success(), || format!("{status}: {printed}"))?;
        ensure(printed.contains("Ending the demo."), || printed)?;
        let left = self.folders()?;
        ensure(left.is_empty(), || format!("left behind: {left:?}"))?;
        // A window's helpers end by themselves when the window is gone.
        wait::until("the demo's programs to be gone", PATIENCE, async || {
            let left = self.processes();
            Ok(if left.is_empty() { Look::There(()) } else { Look::NotYet(format!("{left:?}")) })
        })
        .await
    }

    /// The temporary folders of demos.
    fn folders(&self) -> Result<Vec<PathBuf>> {
        let inside = fs::read_dir(self.desktop.folder().join("tmp"))?;
        let paths = inside.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        let of_a_demo = |path: &PathBuf| path.to_string_lossy().contains("/countersign-demo-");
        Ok(paths.into_iter().filter(of_a_demo).collect())
    }

    /// The processes of app and server, and the windows' helpers.
    fn processes(&self) -> Vec<u32> {
        [PROGRAM, "countersign-server", "WebKitWebProcess", "WebKitNetworkProcess"]
            .into_iter()
            .flat_map(|name| self.desktop.processes_of(name))
            .collect()
    }
}

/// Makes a program the desktop's browser that writes down each address it is to open.
fn note_what_is_opened(desktop: &Desktop) -> Result<()> {
    let folder = desktop.folder();
    let (program, opened) = (folder.join("noting-browser"), folder.join("opened"));
    fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> {}\n", opened.display()))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700))?;
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Noting\nExec={} %u\n\
         MimeType=x-scheme-handler/http;\n",
        program.display()
    );
    fs::create_dir_all(folder.join("data/applications"))?;
    fs::write(folder.join("data/applications/noting.desktop"), entry)?;
    fs::write(
        folder.join("config/mimeapps.list"),
        "[Default Applications]\nx-scheme-handler/http=noting.desktop\n",
    )?;
    Ok(())
}

async fn opened(desktop: &Desktop) -> Result<String> {
    wait::until("an address to be opened", PATIENCE, async || {
        let noted = fs::read_to_string(desktop.folder().join("opened")).unwrap_or_default();
        Ok(if noted.is_empty() { Look::NotYet(noted) } else { Look::There(noted) })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_is_good_and_nothing_is_left_when_it_is_interrupted() -> Result<()> {
    test(async {
        let mut shown = Shown::start().await?;
        let address = shown.told("The dashboard is at").await?;
        let who = Prescriber {
            npi: shown.told("NPI").await?,
            name: String::new(),
            passphrase: shown.told("Passphrase").await?,
        };
        let confirmation = shown.told("Confirmation code").await?;
        let link = shown.link().await?;
        shown.app(&link).await?;
        let opened = opened(&shown.desktop).await?;
        ensure(opened == format!("{address}\n"), || format!("opened {opened:?}, not {address}"))?;

        let phone = SoftToken::generate("Ward phone")?;
        let taken = post_text(&address, "/v1/provisioning", &phone.sealed_for(&link)?).await?;
        ensure(taken.status == 201, || format!("{taken:?}"))?;
        let browser = Browser::start(&shown.desktop).await?;
        let dashboard = Dashboard::new(&browser, &address);
        dashboard.sign_in_by_confirmation(&who, &confirmation).await?;
        let tokens = dashboard.tokens().await?;
        ensure(tokens.is_empty(), || format!("{tokens:?}"))?;
        browser.close().await;
        shown.end().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_on_when_the_app_is_closed() -> Result<()> {
    test(async {
        let mut shown = Shown::start().await?;
        let address = shown.told("The dashboard is at").await?;
        let link = shown.link().await?;
        kill(shown.app(&link).await?);
        shown.told("The server runs on until Ctrl-C.").await?;
        let phone = SoftToken::generate("Ward phone")?;
        let taken = post_text(&address, "/v1/provisioning", &phone.sealed_for(&link)?).await?;
        ensure(taken.status == 201, || format!("{taken:?}"))?;
        shown.end().await
    })
    .await
}
