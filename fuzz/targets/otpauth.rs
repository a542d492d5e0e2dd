//! See [`fuzz::otpauth`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::otpauth(bytes));
