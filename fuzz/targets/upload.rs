//! See [`fuzz::upload`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::upload(bytes));
