//! The key: WHICH thing is asked for. A factory's name and the canonical encoding of the arguments.
//!
//! First step of the road: the key finds the candidates; fingerprint, dependencies and traits decide which of them
//! is still true. The bytes are written down in `docs/format/key.md`, with golden vectors beside it.
//!
//! Promises: 1. equal arguments give equal keys on every machine, in Rust and in Python; 2. arguments that a
//! builder can tell apart give different keys: `1`, `1.0`, `true` and `"1"` are four; 3. the full 256 bits decide,
//! never a shortened hash; 4. the order in which a map or a set happens to be walked does not count.
//! Refuses: values that cannot be serialised, that hold the same map key twice or that nest deeper than
//! [`DEPTH_MAX`]; each with one sentence that names the factory, the place inside the value and the way out.

mod compound;
mod digesting;
mod encoded;
mod factory_name;
mod key_reader;
mod key_serializer;
mod key_writer;
mod refusal;
mod shown;
mod tag;
mod thing;
mod unordered;

pub use digesting::{KEY_DOMAIN, Retain, SHOWN_BYTES_MAX};
pub use encoded::{Duplicate, Encoded};
pub use factory_name::{FACTORY_NAME_BYTES_MAX, validate_factory_name};
pub use key_reader::Malformed;
pub use key_writer::KeyWriter;
pub use shown::shown;
pub use thing::{Key, called};
pub use unordered::{Unordered, unordered};

/// How many containers (tuples, lists, records, `Some`, …) may stand around a value inside a key.
pub const DEPTH_MAX: usize = 128;
