//! See [`fuzz::app_answer`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::app_answer(bytes));
