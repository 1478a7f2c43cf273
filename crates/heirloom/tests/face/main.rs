//! The Rust face as its users see it; one module a subject.

mod attribute;
