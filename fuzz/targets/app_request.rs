//! See [`fuzz::app_request`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::app_request(bytes));
