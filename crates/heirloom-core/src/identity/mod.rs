//! Who an object is: its key (which thing), its fingerprint (built by what), its dependencies (from what), its
//! traits (what it offers) and its lifetime (until when).
//!
//! Everything in this folder is pure: no clock, no file, no lock. It decides and returns values; others act.

mod dependency;
mod edit;
mod fingerprint;
pub mod key;
mod lifetime;
mod path;
mod traits;
mod version;

pub use dependency::{Dependency, FileState, Property};
pub use fingerprint::{Change, Code, Fingerprint, Part};
pub use key::Key;
pub use lifetime::{Expiry, Lifetime};
pub use path::StoredPath;
pub use traits::{Lacking, Traits};
pub use version::{Standing, VersionVector};
