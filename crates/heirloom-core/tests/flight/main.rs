//! The promises of single flight among threads and tasks.
#![cfg(not(feature = "shuttle"))]

mod circles;
mod landings;
mod sample;
mod tasks;
