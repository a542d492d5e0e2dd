//! See [`fuzz::form_fields`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::form_fields(bytes));
