//! See [`fuzz::stock_csv`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::stock_csv(bytes));
