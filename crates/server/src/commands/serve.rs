//! `serve`: runs the server until it is interrupted.

use std::{
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use lettre::message::Mailbox;
use oath::UnixTime;
use provisioning::{IssuerName, ServerUrl};
use registry::Registry;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    cli::Place,
    clock,
    dashboard::{RecentTests, SignInPlaces, StockJobs, Verification},
    failure::Failure,
    http::{self, Addresses, Limits, Metrics, Readiness, SiteParts},
    listening::{Listening, Signals},
    log,
    mail::{Postman, Sending, SmtpUrl},
    network::{Network, Telling},
    opening,
    phone::{PhoneSender, PhoneWebhook},
    sealer::Sealing,
    webhook,
    webhooks::Delivering,
};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The address to listen on; without a certificate on this machine's loopback; port 0 is any free one
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080",
        env = "COUNTERSIGN_LISTEN"
    )]
    listen: SocketAddr,
    /// The file with the certificate and those between it and a root, in PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "COUNTERSIGN_TLS_CERTIFICATE")]
    tls_certificate: Option<PathBuf>,
    /// The file with the certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate", env = "COUNTERSIGN_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// The address by which browsers reach this server, where it is not the one that is listened on
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_PUBLIC_URL")]
    public_url: Option<ServerUrl>,
    /// Believe the last address in `X-Forwarded-For`, which that proxy must add itself: a sign of whether a
    /// token is on another device than the browser in which it is added
    #[arg(long, requires = "public_url", env = "COUNTERSIGN_TRUST_FORWARDED_FOR")]
    trust_forwarded_for: bool,
    /// Who issues the tokens that are added on the dashboard
    #[arg(long, value_name = "NAME", default_value = "Countersign", env = "COUNTERSIGN_ISSUER")]
    issuer: IssuerName,
    /// Where hard tokens that are given up are sent back to by post
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "",
        hide_default_value = true,
        env = "COUNTERSIGN_RETURN_ADDRESS"
    )]
    return_address: String,
    /// How prescribers reach the help desk, such as its telephone number; stands in mails
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true,
        env = "COUNTERSIGN_HELP_DESK"
    )]
    help_desk: String,
    /// Who mails to prescribers are from
    #[arg(
        long,
        value_name = "MAILBOX",
        default_value = "Countersign <countersign@localhost>",
        env = "COUNTERSIGN_MAIL_FROM"
    )]
    mail_from: Mailbox,
    /// The file with the address of the mail server: smtps://user:password@mail.example.org
    #[arg(long, value_name = "FILE", requires = "mail_from", env = "COUNTERSIGN_SMTP_URL_FILE")]
    smtp_url_file: Option<PathBuf>,
    /// Where mails to prescribers are put as files, where there is no mail server [default: mail in the
    /// data folder]
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "smtp_url_file",
        env = "COUNTERSIGN_MAIL_FOLDER"
    )]
    mail_folder: Option<PathBuf>,
    /// Where the audit's checkpoints are written down besides the database: best on another machine
    /// [default: audit-checkpoints.jsonl in the data folder]
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_CHECKPOINTS")]
    checkpoints: Option<PathBuf>,
    /// Where the e-prescribing network is told of each token; until it answers with 200 to 299 (but
    /// 202), for 60 minutes at most, the token signs nothing
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_NETWORK_WEBHOOK")]
    network_webhook: Option<ServerUrl>,
    /// There is no e-prescribing network any more: tokens that waited for one, or were given up, sign
    /// from now on, and a token whose move to a new phone waited for one ends. Without this they wait
    #[arg(long, conflicts_with = "network_webhook", env = "COUNTERSIGN_NO_NETWORK")]
    no_network: bool,
    /// The file with the key that the network knows this server by, sent as a bearer token
    #[arg(
        long,
        value_name = "FILE",
        requires = "network_webhook",
        env = "COUNTERSIGN_NETWORK_KEY_FILE"
    )]
    network_key_file: Option<PathBuf>,
    /// Who sends codes to phones, by text message or call: with it, a token is added only after a code
    /// was sent to the prescriber's phone and typed
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_PHONE_WEBHOOK")]
    phone_webhook: Option<ServerUrl>,
    /// The file with the key that the sender of codes knows this server by, sent as a bearer token
    #[arg(
        long,
        value_name = "FILE",
        requires = "phone_webhook",
        env = "COUNTERSIGN_PHONE_KEY_FILE"
    )]
    phone_key_file: Option<PathBuf>,
    /// The file with the key that a scraper of /metrics sends as a bearer token; without one there is no /metrics
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_METRICS_KEY_FILE")]
    metrics_key_file: Option<PathBuf>,
    /// How many requests a second an API key is good for [default: as many as come]
    #[arg(long, value_name = "NUMBER", env = "COUNTERSIGN_REQUESTS_PER_SECOND")]
    requests_per_second: Option<NonZeroU32>,
    /// How many requests without a good API key an address may make a minute; 0 is as many as come
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 60,
        env = "COUNTERSIGN_WRONG_KEYS_PER_MINUTE"
    )]
    wrong_keys_per_minute: u32,
    /// How the log is written: a line of text or a document of JSON an event
    #[arg(long, value_enum, default_value = "text", env = "COUNTERSIGN_LOG_FORMAT")]
    log_format: log::Format,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    log::start(arguments.log_format);
    let metrics_key = arguments.metrics_key_file.clone().map(webhook::read_key).transpose()?;
    let listening = Listening::start(
        arguments.listen,
        arguments.tls_certificate.clone().zip(arguments.tls_key.clone()),
    )?;
    let (address, scheme) = (listening.address, listening.scheme());
    if arguments.public_url.is_none() && !address.ip().is_loopback() {
        return Err(Failure::NoPublicUrl);
    }
    let postman = postman(&arguments)?;
    let network = match arguments.network_webhook {
        Some(url) => Some(Network::new(url, arguments.network_key_file)?),
        None => None,
    };
    let phone: Option<Arc<dyn PhoneSender>> = match arguments.phone_webhook {
        Some(url) => Some(Arc::new(PhoneWebhook::new(url, arguments.phone_key_file)?)),
        None => None,
    };
    let registry = opening::registry_or_new(&arguments.place).await?;
    let registry = if phone.is_some() { registry.asking_step_up() } else { registry };
    let registry = match network {
        Some(_) => registry.telling_network(),
        None => warned_of_waiting(registry, arguments.no_network).await?,
    };
    registry.begin_notices().await?;
    registry.learn_keys(clock::now()).await?;
    let checkpoints = match arguments.checkpoints {
        Some(path) => path,
        None => opening::data_dir(&arguments.place, "--checkpoints")?.default_checkpoints(),
    };
    let site = Arc::new(SiteParts {
        registry,
        metrics: Metrics::new(metrics_key),
        limits: Limits::new(arguments.requests_per_second, arguments.wrong_keys_per_minute),
        readiness: Readiness::default(),
        recent_tests: RecentTests::default(),
        sign_in_places: SignInPlaces::default(),
        phone,
        issuer: arguments.issuer,
        return_address: arguments.return_address,
        https: scheme == "https" || arguments.public_url.as_ref().is_some_and(ServerUrl::is_https),
        addresses: match (arguments.public_url.is_some(), arguments.trust_forwarded_for, scheme) {
            (_, true, _) => Addresses::ForwardedFor,
            (_, false, "https") => Addresses::OtherEnd,
            (false, false, _) => Addresses::ThisMachine,
            (true, false, _) => Addresses::Unknown,
        },
        origins: origins(arguments.public_url.as_ref(), scheme, address)?,
        verification: Verification::default(),
        stock_jobs: StockJobs::default(),
        checkpoints: checkpoints.clone(),
    });
    let signals = Signals::listen()?;
    let sealing = Sealing::start(site.clone(), checkpoints);
    let delivering = Delivering::start(site.clone());
    let telling = Telling::start(site.clone(), network, arguments.no_network);
    let sending = Sending::start(site.clone(), postman, arguments.help_desk);
    announce(scheme, address)?;
    let ended = listening.serve(http::router(site), signals).await;
    telling.finish().await;
    delivering.finish().await;
    sending.finish().await;
    sealing.finish().await;
    ended
}

/// Says so where tokens wait for a network that this server does not tell.
async fn warned_of_waiting(registry: Registry, no_network: bool) -> Result<Registry, Failure> {
    let waits = !registry.syncs_due(UnixTime(u64::MAX), 1).await?.is_empty()
        || !registry.syncs_given_up(1).await?.is_empty();
    match (waits, no_network) {
        (false, _) => {}
        (true, true) => tracing::warn!(
            "tokens waited for the e-prescribing network, and there is none any more: they sign now, and are noted as not needing it"
        ),
        (true, false) => tracing::warn!(
            "tokens wait for the e-prescribing network, and this server was started without --network-webhook: they go on waiting, and sign nothing. Start it with --network-webhook or, if there is no network any more, with --no-network"
        ),
    }
    Ok(registry)
}

/// How mails to prescribers leave.
fn postman(arguments: &Arguments) -> Result<Postman, Failure> {
    let from = arguments.mail_from.clone();
    let Some(path) = &arguments.smtp_url_file else {
        let folder = match &arguments.mail_folder {
            Some(folder) => folder.clone(),
            None => opening::data_dir(&arguments.place, "--mail-folder or --smtp-url-file")?
                .default_mail_folder(),
        };
        return Ok(Postman::folder(folder, from));
    };
    let unreadable = |cause| Failure::File { path: path.clone(), cause };
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    let unusable = |cause| Failure::SmtpUrl { path: path.clone(), cause };
    let url: SmtpUrl = text.trim().parse().map_err(|cause: &str| unusable(cause.to_owned()))?;
    Postman::smtp(&url, from).map_err(unusable)
}

/// The line that whoever started the server waits for.
fn announce(scheme: &str, address: SocketAddr) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {scheme}://{address}")
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}

/// The origins that our own pages have in a browser.
fn origins(
    public_url: Option<&ServerUrl>,
    scheme: &str,
    address: SocketAddr,
) -> Result<Vec<String>, Failure> {
    let Some(public_url) = public_url else {
        let localhost = format!("{scheme}://localhost:{}", address.port());
        let local = [format!("{scheme}://{address}"), localhost];
        return local.iter().map(|url| origin(url)).collect();
    };
    let url = Url::parse(&public_url.to_string()).map_err(|_| Failure::PublicUrlPath)?;
    if url.path() != "/" {
        return Err(Failure::PublicUrlPath);
    }
    Ok(vec![url.origin().ascii_serialization()])
}

/// As a browser writes it: without the port where it is the scheme's own.
fn origin(url: &str) -> Result<String, Failure> {
    let url = Url::parse(url).map_err(|_| Failure::PublicUrlPath)?;
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_a_browser_writes_it() {
        let local = |address: &str| origins(None, "http", address.parse().unwrap()).unwrap();
        assert_eq!(local("127.0.0.1:8080"), ["http://127.0.0.1:8080", "http://localhost:8080"]);
        assert_eq!(local("127.0.0.1:80"), ["http://127.0.0.1", "http://localhost"]);
        assert_eq!(local("[::1]:80"), ["http://[::1]", "http://localhost"]);
        let public = |url: &str| {
            let url = url.parse().unwrap();
            origins(Some(&url), "http", "127.0.0.1:80".parse().unwrap()).unwrap()
        };
        assert_eq!(public("https://tokens.example.org:443"), ["https://tokens.example.org"]);
    }
}
