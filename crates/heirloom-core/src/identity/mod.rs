//! Who an object is: its key (which thing), its fingerprint (built by what), its dependencies (from what) and its
//! traits (what it offers).
//!
//! Everything in this folder is pure: no clock, no file, no lock. It decides and returns values; others act.

pub mod key;
mod version;

pub use version::{Standing, VersionVector};
