//! Blobs: immutable files named by the digest of their bytes.
//!
//! `write` makes them, `load` maps them, `trust` decides whether a full digest is needed first, `mapping` is the
//! one place with `unsafe`.
//!
//! Promises: 1. a blob appears whole or not at all; 2. no byte of a blob is handed out before its digest was
//! verified once on this boot of the machine. Refuses: deleting while another blob's record may point there (the
//! store's sweep lock sees to that).

mod load;
mod mapping;
mod trust;
mod write;

pub(super) use load::{Loaded, aligned_copy, load, rehash};
pub(super) use trust::Seal;
pub(super) use write::write;
