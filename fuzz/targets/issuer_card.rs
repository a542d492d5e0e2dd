//! See [`fuzz::issuer_card`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::issuer_card(bytes));
