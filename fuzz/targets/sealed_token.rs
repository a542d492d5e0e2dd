//! See [`fuzz::sealed_token`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sealed_token(bytes));
