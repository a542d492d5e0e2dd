//! The registry on a real database, in one test program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod activity;
mod administrators;
mod at_rest;
mod auditing;
mod clinic;
mod conformance;
mod conformance_access;
mod conformance_relying;
mod conformance_sealed;
mod conformance_sync;
mod conformance_webhooks;
mod devices;
mod drifting;
#[path = "../../examples/embed.rs"]
mod embed;
mod embedding;
mod ended_meanwhile;
mod ending_access;
mod enrolling;
mod handing_over;
mod handovers_random;
mod hard_tokens;
mod interleaving;
mod losing;
mod mailing;
mod network_sync;
mod once;
mod owning;
mod passphrase_reset;
mod proofing;
mod races;
mod random_lives;
mod relying;
mod reporting;
mod request_life;
mod requesting;
mod requests_meanwhile;
mod requests_stored;
mod resynchronising;
mod rotating;
mod sealing;
mod searching;
mod signing_in;
mod signing_in_through;
mod signing_test;
mod step_up;
mod stock;
mod stores;
mod token_life;
mod two_people;
mod verifying;
mod webhook_troubles;
mod webhooks;
