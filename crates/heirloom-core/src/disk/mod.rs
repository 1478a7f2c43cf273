//! The disk tier: a registry of what exists, immutable blobs, a record beside each, and leases among processes.
//!
//! On the road: asked after memory and flight, filled before memory. `layout` draws the folder; `registry` is the
//! index (SQLite); `files` makes, changes and removes every file; `blobs` writes, maps and trusts; `records` are the self-describing files, `pins`
//! the marks of what must stay; `lease` is single flight among processes by the steps of `lock_name`, `lock_file` what every lock here
//! stands on; `store` puts them together, `removal` takes away,
//! `recovery` makes a lost registry anew, `repair` looks at everything.
//!
//! Promises: 1. a blob is never changed, only made and unlinked; 2. a record is written after its blob and removed
//! before it; 3. a reader takes no lock; 4. a kill at any instant leaves no torn object visible; 5. every fault is
//! a [`Fault`], never a panic. Refuses: opening payloads, deciding what is still true, live objects.

mod blobs;
mod fault;
mod files;
mod filesystem;
mod frozen;
mod layout;
mod lease;
mod lock_file;
pub mod lock_name;
mod pins;
mod quarantine;
mod records;
mod recovery;
mod registry;
mod removal;
mod repair;
mod store;

pub use fault::Fault;
pub use files::{Gate, Open};
pub use layout::Layout;
pub use lease::{Holder, Lease, LeaseWait, Sought, WaitNote, Waiting};
pub(crate) use records::parse as parse_record;
pub use registry::{Adoption, Candidate, EntryRow, FactoryRow, PendingAdoption, Touch, TrailRow};
pub use repair::{Inspection, Problem};
pub use store::{Disk, Keep};
