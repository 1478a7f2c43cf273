//! Who is believed: a keyed MAC over everything that decides whether an entry may be served, and the file of its key.
//!
//! On the road: the disk signs what it keeps and checks what it finds; the engine refuses what is not believed. The
//! digest of a blob tells damage; only a MAC tells forgery. Promises: 1. whoever can write to a store and has no key
//! can make an object be built again, and no more; 2. a key file is made whole or not at all, readable by its owner
//! only. Refuses: to know where a key lies; the faces say.

mod distrust;
mod key_file;
mod mac;

pub use distrust::Distrust;
pub use key_file::{TEAM_HEAD, export, import, make, named, read, read_named, read_or_make, rotate};
pub use mac::{Mac, MacKey, Statement};
