//! The program as it runs: its own process, its database in a temporary folder, HTTP over loopback.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../../src/clock.rs"]
mod clock;

mod administrators;
mod app;
mod browser;
mod changing_api;
mod opening_api;
mod own_token;
mod process;

mod activity;
mod add_token;
mod administering_requests;
mod administering_tokens;
mod app_api;
mod audit;
mod backups;
mod changing_access;
mod command_line;
mod configuring;
mod damaged_events;
mod data_folder;
mod devices;
mod drifting;
mod flood;
mod forgery;
mod forms;
mod hard_token;
mod integrating;
mod limits;
mod logs;
mod long_texts;
mod losing;
mod lost_token;
mod mails;
mod master_keys;
mod moving;
mod network_sync;
mod notices;
mod packaging;
mod postgres;
mod postgres_tls;
mod provisioning_api;
mod reading_api;
mod reading_the_audit;
mod receiver;
mod request_queue;
mod requests;
mod sign_in;
mod signing_test;
mod stand_in_network;
mod step_up;
mod stock;
mod stock_export;
mod stock_page;
mod stopping;
mod test_code;
mod two_people;
mod under_fire;
mod unlocking;
mod verify_api;
mod webhooks;
