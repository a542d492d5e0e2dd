//! The certificate that is served: read at the start, and again when its files changed or on a hang-up.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::failure::Failure;

/// How often the files are looked at.
pub(super) const LOOKED_AT_EVERY: Duration = Duration::from_secs(10);

/// Any permission for everybody. A group may read it, as that of Debian's `ssl-cert`.
const OPEN_TO_ALL: u32 = 0o007;

/// A certificate with its key, in two files.
#[derive(Clone)]
pub(super) struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    /// What the files were when they were last read.
    read: Option<[Stamp; 2]>,
    served: RustlsConfig,
}

/// What changes when a file does: its time, length and place.
type Stamp = (i64, i64, u64, u64);

impl Certificate {
    pub(super) fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, Failure> {
        let read = stamps(&certificate, &key);
        let served = RustlsConfig::from_config(load(&certificate, &key)?);
        Ok(Self { certificate, key, read, served })
    }

    pub(super) fn acceptor(self) -> RustlsAcceptor {
        RustlsAcceptor::new(self.served)
    }

    /// Reads the files again where they changed, or where somebody asks. What cannot be used is told of,
    /// and the former certificate stays.
    pub(super) fn look(&mut self, asked: bool) {
        let now = stamps(&self.certificate, &self.key);
        if !asked && now == self.read {
            return;
        }
        self.read = now;
        match load(&self.certificate, &self.key) {
            Ok(config) => {
                self.served.reload_from_config(config);
                tracing::info!("the certificate was read again: new connections get it");
            }
            Err(error) => tracing::error!(%error, "the former certificate stays"),
        }
    }
}

fn stamps(certificate: &Path, key: &Path) -> Option<[Stamp; 2]> {
    let stamp = |path| {
        let found: fs::Metadata = fs::metadata(path).ok()?;
        Some((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
    };
    Some([stamp(certificate)?, stamp(key)?])
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Failure> {
    let unusable =
        |path: &Path, cause: String| Failure::Certificate { path: path.to_owned(), cause };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(certificate, error.to_string()));
    let chain = chain?;
    if chain.is_empty() {
        return Err(unusable(certificate, "there is no certificate in it".to_owned()));
    }
    let mode = |error: io::Error| unusable(key, error.to_string());
    if fs::metadata(key).map_err(mode)?.permissions().mode() & OPEN_TO_ALL != 0 {
        let why = "everybody can read it: run `chmod o-rwx` on it, and have another one made";
        return Err(unusable(key, why.to_owned()));
    }
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mut config = config.map_err(|error| unusable(certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
