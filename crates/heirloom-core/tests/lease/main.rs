//! The promises of the lease among real processes: the test binary runs itself again as each of them.

mod child;
mod circles;
mod exclusion;
mod holders;
