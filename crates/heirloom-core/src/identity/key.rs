//! Placeholder for the canonical key encoding.
