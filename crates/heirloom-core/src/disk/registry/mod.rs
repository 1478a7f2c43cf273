//! The registry: SQLite's index of what exists, so that nothing has to be opened to be found.
//!
//! `docs/format/registry.md` describes the tables. `connections` opens and pools, `patience` says how
//! long others are waited for, `schema` makes the tables,
//! `entries`, `ledger` and `texts` are the statements.
//!
//! Promises: 1. any number of processes at once; 2. one look-up is one statement; 3. it can be rebuilt from the
//! records, so losing it loses no expensive object. Refuses: being the only copy of anything that was expensive.

mod connections;
mod entries;
mod ledger;
mod patience;
mod schema;
mod texts;

pub use entries::{Candidate, EntryRow};
pub use ledger::{Adoption, FactoryRow, PendingAdoption, Touch, TrailRow};

pub(super) use connections::Registry;
pub(super) use entries::NewEntry;
