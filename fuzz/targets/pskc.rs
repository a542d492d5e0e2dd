//! See [`fuzz::pskc`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::pskc(bytes));
