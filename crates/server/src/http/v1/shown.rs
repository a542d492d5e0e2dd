//! What the API shows of accounts, tokens and events. No seed, no telephone number; what is personal is
//! what the help desk's own pages show too, and docs/integrate.md says which fields those are.

mod account;
mod event;
mod token;

pub(super) use self::{account::Account, event::Event, token::Token};
