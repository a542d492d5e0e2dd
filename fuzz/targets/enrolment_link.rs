//! See [`fuzz::enrolment_link`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::enrolment_link(bytes));
