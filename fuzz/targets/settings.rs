//! Fuzzes the reader of a settings; what is asked of it stands in `heirloom_core::testing::hostile_bytes`.
//!
//! Promises: nothing of its own. Refuses: to run without cargo-fuzz.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| heirloom_core::testing::hostile_bytes::read_settings(bytes));
