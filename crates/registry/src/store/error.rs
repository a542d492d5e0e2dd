//! What a database cannot do.

/// What a database cannot do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// An expectation did not hold; nothing was changed.
    #[error("somebody else changed the same record first")]
    Conflict,
    /// Another program holds the database for too long; nothing was changed.
    #[error("the database is busy: try again in a moment")]
    Busy,
    /// A search was broken off.
    #[error("this search takes too long: ask for less, as one account or a few days")]
    TookTooLong,
    /// A later version of this program has migrated it.
    #[error(
        "this database is of version {found}, and this program knows up to {known}: start the newer program again; nothing was changed"
    )]
    Newer {
        /// The version found.
        found: u32,
        /// The latest version that this program knows.
        known: u32,
    },
    /// It is some other program's database.
    #[error(
        "this is not a database of Countersign: check its path or address; nothing was changed"
    )]
    NotOurs,
    /// It cannot be read as what it should be.
    #[error("the database is damaged ({reason}): restore it from its last backup")]
    Damaged {
        /// What was found.
        reason: String,
    },
    /// Its server did not show that it is the one that was meant.
    #[error(
        "the server of the database is not trusted ({reason}): check the host in its address, that the server speaks TLS, and that sslrootcert names the authority of its certificate"
    )]
    Untrusted {
        /// What is wrong with its certificate.
        reason: String,
    },
    /// The database was lost while it committed.
    #[error(
        "it is not known whether this was done, for the database was lost at that moment ({reason}): look before you do it again"
    )]
    NotKnown {
        /// What the database says.
        reason: String,
    },
    /// The disk is full, read-only, or fails; or the server of the database is not reached.
    #[error(
        "the database cannot be used ({reason}): check that it runs, its disk, and the rights on it"
    )]
    Unavailable {
        /// What the database says.
        reason: String,
    },
}
