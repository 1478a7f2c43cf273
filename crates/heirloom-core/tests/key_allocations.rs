//! An ordinary small key is encoded and digested without one allocation.

use std::sync::Arc;

use heirloom_core::identity::key::Key;
use heirloom_core::testing::{CountingAllocator, allocations_of};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

#[test]
fn a_small_key_allocates_nothing_and_its_encoding_once() {
    let factory: Arc<str> = "crate::etl::tables".into();
    let arguments = (2013_u64, "flights.csv", Some(1.5), [1_u8, 2, 3]);
    assert_eq!(allocations_of(|| Key::digest_only(&factory, &arguments)).0, 0);
    assert_eq!(allocations_of(|| Key::of(&factory, &arguments)).0, 1);
}
