//! The promises of the memory tier: its budget, its order, its echoes, its counting.
#![cfg(not(feature = "shuttle"))]

mod budget;
mod counting;
mod echo;
mod order;
mod sample;
