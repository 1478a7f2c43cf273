//! One file per command: what it takes, what it does, what it prints, as text and as JSON.
//!
//! Promises: each command looks first, then decides, then prints or acts. Refuses: knowing another command.

pub(crate) mod adopt;
pub(crate) mod advise;
pub(crate) mod bump;
mod call;
pub(crate) mod clear;
pub(crate) mod completions;
pub(crate) mod du;
pub(crate) mod explain;
pub(crate) mod gc;
pub(crate) mod keys;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod pin;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod unpin;
pub(crate) mod verify;

pub(crate) use call::{Call, Open};
