//! Where the database is, and how it is reached: over TLS, unless it is on this machine.

use core::{fmt, str::FromStr, time::Duration};
use std::{error::Error as _, io, net::IpAddr, path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::runtime::Handle;
use tokio_postgres::{
    Client, Config, Error, NoTls,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::trouble;
use crate::store::StoreError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long what was sent may stay without an answer of the other machine's network.
const SILENCE: Duration = Duration::from_secs(10);

/// `postgres://user@host/database`, with what PostgreSQL's own programs know besides: several hosts,
/// `sslmode` (`require` or `verify-full`, which are the same here; `disable`) and `sslrootcert`.
#[derive(Clone)]
pub struct DatabaseUrl {
    config: Config,
    /// The certificates that the server's must follow from; `None`: the system's.
    root_cert: Option<PathBuf>,
}

/// Not the address of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not the address of a PostgreSQL database ({0}): it is written \
     postgres://user@host/database"
)]
pub struct DatabaseUrlError(String);

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let failed = |reason: &str| DatabaseUrlError(reason.to_owned());
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(failed("it does not begin with postgres://"));
        }
        let (address, asked) = text.split_once('?').unwrap_or((text, ""));
        let (mut ssl_mode, mut root_cert, mut others) = (None, None, Vec::new());
        for option in asked.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", "disable")) => ssl_mode = Some(SslMode::Disable),
                Some(("sslmode", "require" | "verify-full")) => ssl_mode = Some(SslMode::Require),
                Some(("sslmode", _)) => return Err(failed("sslmode is require or disable")),
                Some(("sslrootcert", path)) => {
                    let path = percent_encoding::percent_decode_str(path).decode_utf8();
                    root_cert = Some(path.map_err(|_| failed("sslrootcert"))?.into_owned().into());
                }
                _ => others.push(option),
            }
        }
        // The library's own words may repeat the address, and a password with it.
        let mut config = Config::from_str(&format!("{address}?{}", others.join("&")))
            .map_err(|_| failed("it, or an option in it, cannot be read"))?;
        if config.get_hosts().is_empty() {
            return Err(failed("it names no host"));
        }
        let default = if is_here(&config) { SslMode::Disable } else { SslMode::Require };
        config.ssl_mode(ssl_mode.unwrap_or(default));
        config.application_name("countersign-server");
        config.connect_timeout(*config.get_connect_timeout().unwrap_or(&CONNECT_TIMEOUT));
        config.tcp_user_timeout(*config.get_tcp_user_timeout().unwrap_or(&SILENCE));
        config.keepalives_idle(SILENCE);
        // Of several hosts, the one that writes.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, root_cert })
    }
}

/// Whether all its hosts are this machine.
fn is_here(config: &Config) -> bool {
    let named_here = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    });
    // Where these are given, they are connected to.
    named_here && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseUrl").field("hosts", &self.config.get_hosts()).finish()
    }
}

impl DatabaseUrl {
    /// Opens a connection, which `runtime` drives.
    pub(super) async fn connect(&self, runtime: &Handle) -> Result<Client, StoreError> {
        if self.config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = self.config.connect(NoTls).await.map_err(|e| trouble(&e))?;
            runtime.spawn(connection);
            return Ok(client);
        }
        let (client, connection) =
            self.config.connect(self.tls()?).await.map_err(|error| match untrusted(&error) {
                Some(reason) => StoreError::Untrusted { reason },
                None => trouble(&error).into(),
            })?;
        runtime.spawn(connection);
        Ok(client)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, StoreError> {
        let untrusted = |reason: String| StoreError::Untrusted { reason };
        let mut roots = RootCertStore::empty();
        match &self.root_cert {
            Some(path) => {
                let unreadable = |error: rustls::pki_types::pem::Error| {
                    untrusted(format!("{}: {error}", path.display()))
                };
                for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                    let added = roots.add(certificate.map_err(unreadable)?);
                    added.map_err(|error| untrusted(format!("{}: {error}", path.display())))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| untrusted(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

/// What is wrong with a server that did not show who it is.
fn untrusted(error: &Error) -> Option<String> {
    // The library tells its kinds of errors apart by their words only.
    let source = error.source().filter(|_| error.to_string().contains("TLS handshake"))?;
    let by_io = source.downcast_ref::<io::Error>();
    let by_tls =
        by_io.and_then(io::Error::get_ref).and_then(|error| error.downcast_ref::<rustls::Error>());
    if by_io.is_some() && by_tls.is_none() {
        // A connection that broke while it greeted shows nothing of whom it was to.
        return None;
    }
    Some(match by_tls {
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => "its certificate is by no authority that is known here".to_owned(),
        Some(rustls::Error::InvalidCertificate(why)) => why.to_string(),
        _ => source.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> SslMode {
        text.parse::<DatabaseUrl>().unwrap().config.get_ssl_mode()
    }

    #[test]
    fn another_machine_is_reached_over_tls_unless_it_is_said_otherwise() {
        assert_eq!(mode("postgres://ada@db.example.org/registry"), SslMode::Require);
        assert_eq!(mode("postgres://a@localhost,db.example.org/registry"), SslMode::Require);
        assert_eq!(mode("postgres://a@db.example.org/r?sslmode=verify-full"), SslMode::Require);
        assert_eq!(mode("postgres://a@db.example.org/r?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://a@127.0.0.1:5433/r"), SslMode::Disable);
        assert_eq!(mode("postgres://a@localhost/r?hostaddr=192.0.2.1"), SslMode::Require);
        assert_eq!(mode("postgres://a@localhost/r?hostaddr=127.0.0.2"), SslMode::Disable);
        assert_eq!(mode("postgresql://a@localhost/r?sslmode=require"), SslMode::Require);
        assert_eq!(mode("postgres:///r?host=/run/postgresql&user=a"), SslMode::Disable);
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_ever_shown() {
        for text in [
            "",
            "mysql://localhost/r",
            "postgres:///r",
            "postgres://a:geheim@localhost/r?sslmode=prefer",
            "postgres://a:geheim@localhost:port/r",
            "postgres://a:geheim@localhost/r?unknown=geheim",
        ] {
            let refused = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!refused.to_string().contains("geheim"), "{refused}");
        }
        let url: DatabaseUrl = "postgres://a:geheim@localhost/r".parse().unwrap();
        assert!(!format!("{url:?}").contains("geheim"));
    }
}
