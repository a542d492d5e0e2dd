//! The audit's chain: what makes an edited, removed or exchanged event found, offline.
//!
//! ```text
//!   genesis --event 1--> link 1 --event 2--> link 2 ... --event n--> link n
//!                                                                     |
//!                           checkpoint k - 1  --its digest-->  checkpoint k: number, time,
//!                                                              last event, link n; Ed25519
//! ```
//!
//! Each link is the SHA-256 of the link before and the event's row. About once a second a sealer adds
//! the links of the new events, and signs a checkpoint over the last. Who changes a row without its
//! link is found at that row; who mends the links too is found at the next checkpoint, which only
//! whoever holds the master key can sign; who cuts the end off, or brings an old copy of the database
//! back, is found by the checkpoints that were kept outside it.
//!
//! | module | subject |
//! | --- | --- |
//! | [`chain`] | rows and links |
//! | [`checkpoint`] | checkpoints and their signatures |
//! | [`keys`] | the signing key |
//! | [`sealing`] | adding links and checkpoints |
//! | [`verifying`] | finding what was changed |
//! | [`report`] | one day's events, as 21 CFR 1311.150 asks for them |
//!
//! `docs/audit.md` writes the formats down to the byte.

pub mod chain;
pub mod checkpoint;
pub mod keys;
pub mod report;
pub mod sealing;
pub mod verifying;
