//! See [`fuzz::provisioning_data`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::provisioning_data(bytes));
