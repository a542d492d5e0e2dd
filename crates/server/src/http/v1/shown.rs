//! What the API shows of accounts, tokens and events. No seed, no telephone number; what is personal is
//! what the help desk's own pages show too, and docs/integrate.md says which fields those are.

mod access;
mod account;
mod activation;
mod event;
mod request;
mod token;

pub(super) use self::{
    access::Entered, account::Account, activation::Activation, event::Event, request::Request,
    token::Token,
};
