//! See [`fuzz::pskc_passphrase`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::pskc_passphrase(bytes));
