//! The rules of the domain: pure functions over what was read.

pub mod access;
pub mod activity;
pub mod administrators;
pub mod devices;
pub mod drift;
pub mod handover;
pub mod judging;
pub mod lock;
pub mod loss;
pub mod network_sync;
pub mod notices;
pub mod owning;
pub mod passphrase_reset;
pub mod proofing;
pub mod refusals;
pub mod reporting;
pub mod request_states;
pub mod requesting;
pub mod sign_in;
pub mod step_up;
pub(crate) mod stock;
pub mod token_states;
pub mod webhooks;

pub(crate) mod association;
pub(crate) mod explaining;
pub(crate) mod mail_tries;
