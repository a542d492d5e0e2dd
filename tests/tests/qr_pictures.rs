//! QR codes in pictures: from a file and from the clipboard, and pictures that are no good.

use std::fs;
use std::path::Path;

use e2e::error::ensure;
use e2e::pictures::{convert, qr_code};
use e2e::scene::{ISSUER, PIN};
use e2e::{AppWindow, Result, Scene, test};

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_links_qr_code_from_files_and_from_the_clipboard() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let folder = tempfile::tempdir()?;
        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        let png = qr_code(folder.path(), "link.png", &link)?;
        let make = |arguments: &[&str]| convert(folder.path(), arguments);
        let pictures = [
            png.clone(),
            make(&["link.png", "-quality", "80", "link.jpg"])?,
            // As dark mode shows it, and as somebody photographs a page that lies aslant.
            make(&["link.png", "-negate", "dark.png"])?,
            make(&[
                "(",
                "link.png",
                "-resize",
                "250%",
                "-background",
                "#d8d4cc",
                "-rotate",
                "6",
                ")",
                "-gravity",
                "center",
                "-background",
                "#7a6a58",
                "-extent",
                "2400x1800",
                "-blur",
                "0x1.2",
                "photo.jpg",
            ])?,
        ];
        let app = AppWindow::start(&scene.desktop).await?;
        for picture in &pictures {
            app.reaches("welcome").await?;
            app.choose_file("qr-file-input", picture).await?;
            leads_to_the_issuer(&app, picture).await?;
            app.click("set-aside").await?;
        }

        app.reaches("welcome").await?;
        scene.desktop.copy_text("no picture").await?;
        app.click("qr-clipboard").await?;
        says(&app, "There is no picture in the clipboard").await?;
        scene.desktop.copy_picture(&make(&["-size", "300x300", "plasma:", "sky.png"])?).await?;
        app.click("qr-clipboard").await?;
        says(&app, "No QR code was found").await?;
        scene.desktop.copy_picture(&png).await?;
        app.click("qr-clipboard").await?;
        leads_to_the_issuer(&app, Path::new("the clipboard")).await?;
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_no_good_gets_a_sentence() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let folder = tempfile::tempdir()?;
        let make = |arguments: &[&str]| convert(folder.path(), arguments);
        let text = folder.path().join("letter.png");
        fs::write(&text, "Dear Dr. Quill, your link is in the next mail.")?;
        let empty = folder.path().join("empty.png");
        fs::write(&empty, "")?;
        let heavy = folder.path().join("heavy.png");
        fs::write(&heavy, vec![0_u8; 17 << 20])?;
        let good = qr_code(folder.path(), "good.png", "countersign://enrol#1.x")?;
        let half = folder.path().join("half.png");
        let bytes = fs::read(&good)?;
        fs::write(&half, &bytes[..bytes.len() / 2])?;
        let cases = [
            (text, "no picture that can be read"),
            (empty, "no picture that can be read"),
            (half, "no picture that can be read"),
            (make(&["good.png", "other.gif"])?, "Use a PNG or JPEG file"),
            (heavy, "too large"),
            (make(&["-size", "9000x900", "xc:white", "huge.png"])?, "too large"),
            (make(&["-size", "400x300", "plasma:", "sky.jpg"])?, "No QR code was found"),
            (qr_code(folder.path(), "site.png", "https://example.com/")?, "for something else"),
            (good, "damaged or cut short"),
            (
                qr_code(folder.path(), "card.png", &scene.server.issuer_card()?)?,
                "not an enrolment link",
            ),
        ];
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        for (picture, sentence) in cases {
            app.choose_file("qr-file-input", &picture).await?;
            says(&app, sentence).await?;
            ensure(app.screen().await? == "welcome", || format!("{picture:?} left the screen"))?;
            // The next one's sentence must not be taken for this one's.
            app.type_into("paste-link", "x").await?;
        }
        app.close().await
    })
    .await
}

async fn leads_to_the_issuer(app: &AppWindow, picture: &Path) -> Result<()> {
    app.reaches("name-token").await?;
    let issuer = app.text("issuer-name").await?;
    ensure(issuer.contains(ISSUER), || format!("{}: {issuer}", picture.display()))
}

async fn says(app: &AppWindow, sentence: &str) -> Result<()> {
    let words = app.some_text("error").await?;
    ensure(words.contains(sentence), || format!("instead of {sentence:?}: {words}"))
}
