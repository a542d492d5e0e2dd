//! The app's package: installed, opened by links as the desktop opens them, removed again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::app;
use e2e::error::{Error, ensure};
use e2e::package::{DESKTOP_FILE, InstalledPackage, NAME, PROGRAM};
use e2e::scene::{ISSUER, PIN};
use e2e::{AppWindow, Desktop, Result, Scene, opener, process, test};

const SCHEME: &str = "x-scheme-handler/countersign";

/// In pixels; 512 for the lists of software.
const ICON_SIZES: [u32; 9] = [16, 22, 24, 32, 48, 64, 128, 256, 512];

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_package_is_opened_by_links() -> Result<()> {
    // Before the test's own time begins: others may be at it.
    let package = InstalledPackage::install().await?;
    test(async move {
        holds_what_it_should(&package)?;
        let scene = Scene::start().await?;
        handles_the_links(&scene.desktop)?;
        enrols_by_links(&scene).await?;
        package.remove()?;
        leaves_nothing(&scene.desktop)
    })
    .await
}

/// Cold, into the running window, and again from the menu.
async fn enrols_by_links(scene: &Scene) -> Result<()> {
    let link = scene.server.begin_activation(&scene.prescriber)?.link;
    let app = AppWindow::opened_by(&scene.desktop, "gio", &["open", &link]).await?;
    is_the_installed_one(&app)?;
    app.reaches("name-token").await?;
    ensure(app.text("issuer-name").await?.contains(ISSUER), || "another link".to_owned())?;
    app.name_token("Ward phone").await?;
    app.choose_pin(PIN).await?;
    app.reaches("tokens").await?;
    app.enrolment_becomes("sent").await?;
    let listed = scene.server.list_tokens()?;
    ensure(listed.contains("Ward phone"), || listed)?;

    // `xdg-open` is what a browser without a desktop's library asks.
    let second = scene.server.begin_activation(&scene.prescriber)?.link;
    opener::open_another(&scene.desktop, "xdg-open", &[&second]).await?;
    app.reaches("name-token").await?;
    let running = scene.desktop.processes_of(app::PROGRAM);
    ensure(running == [app.process_id()], || format!("two of it run: {running:?}"))?;
    app.kill().await?;

    let app = AppWindow::opened_by(&scene.desktop, "gio", &["launch", DESKTOP_FILE]).await?;
    is_the_installed_one(&app)?;
    app.unlock(PIN).await?;
    app.code().await?;
    app.kill().await
}

fn is_the_installed_one(app: &AppWindow) -> Result<()> {
    let path = process::program_path_of(app.process_id());
    ensure(path.as_deref() == Some(Path::new(PROGRAM)), || format!("the window is of {path:?}"))
}

fn holds_what_it_should(package: &InstalledPackage) -> Result<()> {
    let files = package.files()?;
    for wanted in [PROGRAM, DESKTOP_FILE, &format!("/usr/share/doc/{NAME}/copyright")] {
        ensure(files.iter().any(|file| file == Path::new(wanted)), || format!("no {wanted}"))?;
    }
    // Each file is as it was packed.
    process::run(Command::new("dpkg").args(["--verify", NAME]), None)?;

    let mut validate = Command::new("desktop-file-validate");
    let complaints = process::run(validate.args(["--no-hints", DESKTOP_FILE]), None)?;
    ensure(complaints.is_empty(), || complaints)?;
    let entry = fs::read_to_string(DESKTOP_FILE)?;
    for line in ["Exec=countersign %u", "Icon=countersign", "Name=Countersign"] {
        ensure(entry.lines().any(|it| it == line), || format!("no {line} in {entry}"))?;
    }
    has_the_icons(&files)
}

/// Each where the icon theme looks for its size.
fn has_the_icons(files: &[PathBuf]) -> Result<()> {
    let mut sizes = BTreeSet::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "png")) {
        let (width, height) = png_size(&fs::read(file)?)
            .ok_or_else(|| Error::different(format!("{} is no picture", file.display())))?;
        let place = format!("/usr/share/icons/hicolor/{width}x{height}/apps/countersign.png");
        ensure(file == Path::new(&place), || format!("{} belongs to {place}", file.display()))?;
        sizes.insert(width);
    }
    ensure(sizes == BTreeSet::from(ICON_SIZES), || format!("icons of {sizes:?} pixels"))?;
    let drawing = Path::new("/usr/share/icons/hicolor/scalable/apps/countersign.svg");
    ensure(files.iter().any(|file| file == drawing), || format!("no {}", drawing.display()))
}

/// Width and height stand first in a PNG's first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some((number(16)?, number(20)?))
}

fn handles_the_links(desktop: &Desktop) -> Result<()> {
    let cache = fs::read_to_string("/usr/share/applications/mimeinfo.cache")?;
    ensure(cache.lines().any(|line| line == format!("{SCHEME}=Countersign.desktop;")), || {
        "the package's installation did not renew the cache of link handlers".to_owned()
    })?;
    let handler = handlers(desktop)?;
    ensure(handler.0 == "Countersign.desktop\n", || format!("xdg-mime names {:?}", handler.0))?;
    ensure(handler.1.contains("Countersign.desktop"), || format!("gio names {:?}", handler.1))
}

fn leaves_nothing(desktop: &Desktop) -> Result<()> {
    for path in [PROGRAM, DESKTOP_FILE, &format!("/usr/share/doc/{NAME}")] {
        ensure(!Path::new(path).exists(), || format!("{path} is left"))?;
    }
    let handler = handlers(desktop)?;
    ensure(!format!("{handler:?}").contains("Countersign"), || format!("still {handler:?}"))
}

/// Who opens our links, as `xdg-mime` and as `gio` say.
fn handlers(desktop: &Desktop) -> Result<(String, String)> {
    let ask = |program: &str, arguments: &[&str]| {
        process::run(desktop.command(program).args(arguments), None)
    };
    Ok((ask("xdg-mime", &["query", "default", SCHEME])?, ask("gio", &["mime", SCHEME])?))
}
