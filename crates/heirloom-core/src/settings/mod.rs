//! Placeholder for `heirloom.toml`.
