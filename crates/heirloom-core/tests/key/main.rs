//! The canonical key encoding from outside: golden vectors, look-alikes, properties, sentences and what is shown.

mod golden;
mod lookalikes;
mod properties;
mod sentences;
mod showing;
mod tree;
