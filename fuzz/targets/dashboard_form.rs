//! See [`fuzz::dashboard_form`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::dashboard_form(bytes));
