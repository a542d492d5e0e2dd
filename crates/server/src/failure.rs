//! What can stop a command, and what to do next.

use std::{io, net::SocketAddr, path::PathBuf};

/// A command cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "the data folder {path} cannot be used ({cause}): name another with --data-dir, or change its owner"
    )]
    DataDir { path: PathBuf, cause: io::Error },
    #[error(
        "others can write to the data folder {path}, and could so replace its master key: run `chmod go-w {path}`, then try again"
    )]
    DataDirOpenToOthers { path: PathBuf },
    #[error(
        "{path} holds no Countersign database: check --data-dir, or start with `countersign-server serve`, `account add` or `issuer-card`"
    )]
    NoDatabase { path: PathBuf },
    #[error(
        "the database holds nothing yet: check --database-url, or start with `countersign-server serve`, `account add` or `issuer-card`"
    )]
    EmptyDatabase,
    #[error("without a data folder there is no place for it: give --data-dir, or {instead}")]
    NoDataDir { instead: &'static str },
    #[error("--database-url: {0}")]
    DatabaseUrl(#[from] registry::DatabaseUrlError),

    #[error(
        "the master key {path} is missing, and the database that it opens is there: put the key back from its backup, or name it with --master-key-file; a new key would open nothing"
    )]
    MasterKeyMissing { path: PathBuf },
    #[error(
        "the master key {path} cannot be read ({cause}): run this as the user whom it belongs to"
    )]
    MasterKeyUnreadable { path: PathBuf, cause: io::Error },
    #[error(
        "the master key {path} cannot be written ({cause}): name another place with --master-key-file"
    )]
    MasterKeyUnwritable { path: PathBuf, cause: io::Error },
    #[error(
        "others can read the master key {path}: run `chmod 600 {path}`, and consider it known to whoever could"
    )]
    MasterKeyOpenToOthers { path: PathBuf },
    #[error(
        "the master key {path} holds {found} bytes, and a master key is exactly 32: check that it is the right file, without a line break at its end"
    )]
    MasterKeyLength { path: PathBuf, found: u64 },
    #[error(
        "the master key is named twice: give one of a file, a command and the variable {variable}"
    )]
    MasterKeySources { variable: &'static str },
    #[error(
        "{place} is no master key: that is 32 bytes, written as 64 hexadecimal digits or as Base64"
    )]
    MasterKeyText { place: String },
    #[error(
        "the command that prints the master key failed ({cause}): run it by hand as the server's user, and see what it says"
    )]
    MasterKeyCommand { cause: String },

    #[error(
        "{address} can be reached from other machines, and plain HTTP is for this machine only: give --tls-certificate and --tls-key, or listen on 127.0.0.1 and put a proxy with TLS before it"
    )]
    PlainHttpOffLoopback { address: SocketAddr },
    #[error(
        "{address} cannot be listened on ({cause}): name another with --listen, or 127.0.0.1:0 for any free port"
    )]
    Listen { address: SocketAddr, cause: io::Error },
    #[error(
        "the public address has no path of its own: give --public-url as https://host or https://host:port"
    )]
    PublicUrlPath,
    #[error(
        "browsers reach this server from other machines, and it does not know by which name: give --public-url"
    )]
    NoPublicUrl,
    #[error("{path} cannot be used as a certificate or its key: {cause}")]
    Certificate { path: PathBuf, cause: String },
    #[error("the server stopped: {0}")]
    Serve(io::Error),

    #[error("the key {path} cannot be read ({cause}): run this as the user whom it belongs to")]
    WebhookKey { path: PathBuf, cause: io::Error },
    #[error("the key {path} is not one line of letters, digits and signs: check the file")]
    WebhookKeyText { path: PathBuf },

    #[error("no passphrase came in on standard input: pipe one line to this command")]
    NoPassphrase,
    #[error("standard input cannot be read: {0}")]
    Input(io::Error),
    #[error("the result cannot be written: {0}")]
    Output(io::Error),
    #[error("the file {path} cannot be read ({cause}): check its name")]
    File { path: PathBuf, cause: io::Error },
    #[error(
        "the file {path} is too large for provisioning data: check that it is the one that the app exported"
    )]
    FileTooLarge { path: PathBuf },
    #[error("the file {path} cannot be used: {cause}")]
    Provisioning { path: PathBuf, cause: provisioning::Error },

    #[error("{path} holds no checkpoint: name a file that `serve --checkpoints` wrote")]
    NoCheckpoints { path: PathBuf },
    #[error(
        "{path} cannot be written ({cause}): check the disk and the rights on the file, or name another with --checkpoints"
    )]
    CheckpointsUnwritable { path: PathBuf, cause: io::Error },
    #[error(
        "the audit is not as it was written: see the findings above, and keep this database as it is for whoever looks into it"
    )]
    AuditChanged,
    #[error(
        "a database on PostgreSQL is copied and brought back by its own tools, as pg_basebackup: see docs/operations.md"
    )]
    BackupOfPostgres,
    #[error("{path} is there already: name another file, or move that one away")]
    AlreadyThere { path: PathBuf },
    #[error(
        "{path} cannot be written ({cause}): name a file that is not there yet, on a disk with room"
    )]
    BackupUnwritable { path: PathBuf, cause: io::Error },
    #[error(
        "{path} is there, and nothing is restored over it: stop the server and move the whole data folder away, or name another with --data-dir"
    )]
    RestoreOver { path: PathBuf },
    #[error(
        "the audit in {path} is not as it was written: see the findings above, and take another backup; nothing was restored"
    )]
    BackupChanged { path: PathBuf },
    #[error("nothing has been sealed yet: start the server once")]
    NotSealed,

    #[error("the mail server's address in {path} cannot be used: {cause}")]
    SmtpUrl { path: PathBuf, cause: String },

    #[error("{refused} of the requests were left as they are: see the notes above")]
    SomeRefused { refused: usize },
    #[error(
        "line {number} of {path} is not a request, serial number, carrier and tracking number with commas between: mend it, then try again; nothing was changed"
    )]
    ShipmentLine { path: PathBuf, number: usize },

    #[error(transparent)]
    Request(#[from] registry::RequestError),
    #[error("{path}: {cause}")]
    StockFile { path: PathBuf, cause: provisioning::stock::StockFileError },
    #[error("{0}")]
    StockSecret(provisioning::Error),
    #[error(
        "say what the file is to be under: --passphrase-file or --key-file, or run this in a terminal to type a passphrase"
    )]
    ExportUnder,
    #[error("the two passphrases differ: nothing was written")]
    ExportPassphrasesDiffer,
    #[error(
        "{path} cannot be written ({cause}): name a file that is not there yet, on a disk with room"
    )]
    ExportUnwritable { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    TakeStock(#[from] registry::TakeStockError),

    #[error(transparent)]
    ApiKey(#[from] registry::ApiKeyError),
    #[error(transparent)]
    Webhook(#[from] registry::WebhookError),
    #[error(transparent)]
    Value(#[from] registry::ValueError),
    #[error(transparent)]
    Store(#[from] registry::StoreError),
    #[error(transparent)]
    Code(#[from] registry::VerifyError),
    #[error(transparent)]
    Registry(#[from] registry::Error),
}
