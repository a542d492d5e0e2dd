//! See [`fuzz::api_body`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::api_body(bytes));
