//! How a mail leaves this program: over SMTP, or as a file in a folder.

use std::{
    io::Write,
    net::IpAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use oath::UnixTime;
use registry::values::Mail;
use url::Url;
use zeroize::Zeroizing;

use super::text::Letter;

/// The longest that one mail may take: less than the pause until it is tried again.
const PATIENCE: Duration = Duration::from_secs(90);

/// Takes mails.
pub(crate) enum Postman {
    /// To a mail server.
    Smtp { transport: AsyncSmtpTransport<Tokio1Executor>, from: Mailbox },
    /// Into a folder, one `.eml` file each.
    Folder { path: PathBuf, from: Mailbox },
}

/// Where a letter goes, and what it is known by.
pub(super) struct Envelope<'a> {
    pub(super) to: &'a Mail,
    /// Names the file and the message: one that is sent again under the same name takes the former's
    /// place in a folder, and can be known for the same by who receives both.
    pub(super) name: String,
}

/// The address of a mail server with its user and password: `smtps://` or, with
/// `?tls=required`, `smtp://`; without encryption on this machine's loopback only.
pub(crate) struct SmtpUrl(Zeroizing<String>);

impl FromStr for SmtpUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str =
            "it is written as smtps://user:password@mail.example.org, or smtp://...?tls=required";
        let url = Url::parse(text).map_err(|_| WRONG)?;
        let required = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
        // Under a scheme that it does not know, `Url` takes an IPv4 address for a name.
        let host = url.host_str().ok_or(WRONG)?.trim_matches(['[', ']']);
        let on_loopback = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "smtps" => Ok(Self(Zeroizing::new(text.to_owned()))),
            "smtp" if required || on_loopback => Ok(Self(Zeroizing::new(text.to_owned()))),
            "smtp" => Err(
                "without encryption everybody on the way could read the links: use smtps://, or add ?tls=required",
            ),
            _ => Err(WRONG),
        }
    }
}

impl Postman {
    /// Over SMTP.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub(crate) fn smtp(url: &SmtpUrl, from: Mailbox) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0);
        let transport = builder.map_err(|error| error.to_string())?.build();
        Ok(Self::Smtp { transport, from })
    }

    /// Into a folder.
    pub(crate) const fn folder(path: PathBuf, from: Mailbox) -> Self {
        Self::Folder { path, from }
    }

    /// Hands a letter over, or says in one line why it could not.
    pub(super) async fn send(
        &self,
        envelope: Envelope<'_>,
        letter: Letter,
        now: UnixTime,
    ) -> Result<(), String> {
        let message = message(self.from(), &envelope, letter, now)?;
        match self {
            Self::Smtp { transport, .. } => {
                match tokio::time::timeout(PATIENCE, transport.send(message)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(one_line(&chain(&error))),
                    Err(_) => Err("the mail server did not answer in time".to_owned()),
                }
            }
            Self::Folder { path, .. } => {
                let name = format!("{}.eml", envelope.name);
                let (folder, bytes) = (path.clone(), message.formatted());
                let written =
                    tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
                let written = written.map_err(|error| error.to_string())?;
                written.map_err(|error| format!("{}: {error}", path.display()))
            }
        }
    }

    const fn from(&self) -> &Mailbox {
        match self {
            Self::Smtp { from, .. } | Self::Folder { from, .. } => from,
        }
    }
}

fn message(
    from: &Mailbox,
    envelope: &Envelope<'_>,
    letter: Letter,
    now: UnixTime,
) -> Result<Message, String> {
    let to = envelope.to.as_str().parse();
    let to = to.map_err(|_| format!("{} cannot be written to", envelope.to))?;
    let id = format!("<{}@{}>", envelope.name, from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .date(UNIX_EPOCH + Duration::from_secs(now.0))
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.body)
        .map_err(|error| error.to_string())
}

/// Whole or not at all, for its owner only: a link in it is a secret.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (unfinished, path) = (folder.join(format!(".{name}")), folder.join(name));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)?;
    // Or the name may be gone after a power failure, while the mail is noted as sent.
    std::fs::File::open(folder)?.sync_all()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}

/// The beginning, on one line, as a list shows it.
fn one_line(text: &str) -> String {
    const MOST: usize = 200;
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().filter(|character| !character.is_control()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of these characters, up to a length.
    fn texts(characters: &str, most: u32) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut longest = all.clone();
        for _ in 0..most {
            let longer = |text: &String| {
                characters.chars().map(move |c| format!("{text}{c}")).collect::<Vec<_>>()
            };
            longest = longest.iter().flat_map(longer).collect();
            all.extend(longest.iter().cloned());
        }
        all
    }

    #[test]
    fn whatever_address_is_taken_at_entry_is_one_that_can_be_written_to() {
        let long = ["x".repeat(63), "x".repeat(64), ["x.".repeat(94), "x".to_owned()].concat()];
        let (mut taken, domains) = (0, [texts("a1-.é_", 4), long.to_vec()].concat());
        for local in [texts("a.+'é\"@ ", 3), vec!["l".repeat(64), "l".repeat(65)]].concat() {
            for domain in &domains {
                let text = format!("{local}@{domain}");
                if text.parse::<Mail>().is_ok() {
                    taken += 1;
                    assert!(text.trim().parse::<lettre::Address>().is_ok(), "{text}");
                }
            }
        }
        assert!(taken > 1_000, "{taken}");
    }

    #[test]
    fn a_password_and_a_link_go_over_an_encrypted_way_only() {
        for text in [
            "smtps://ada:pw@mail.example.org",
            "smtp://ada:pw@mail.example.org:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://[::1]:25",
        ] {
            assert!(text.parse::<SmtpUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "mail.example.org",
            "https://mail.example.org",
            "smtp://mail.example.org",
            "smtp://mail.example.org?tls=opportunistic",
            "smtp://localhost.example.org",
        ] {
            assert!(text.parse::<SmtpUrl>().is_err(), "{text}");
        }
    }
}
