//! A hit in memory allocates nothing and encodes no key, by a handle and through the attribute, by name and by number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom::{Store, cached, with_store};
use heirloom_core::testing::{CountingAllocator, allocations_of};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

static ENCODED: AtomicUsize = AtomicUsize::new(0);

/// A key that counts how often it is encoded.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Counted(String);

impl serde::Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, Ordering::SeqCst);
        serializer.serialize_str(&self.0)
    }
}

#[cached]
fn title(name: &str, number: u64) -> String {
    format!("{name} {number}")
}

#[test]
fn a_hit_encodes_no_key_and_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store")).unwrap();
    let factory = store.factory("lengths").build(|key: &Counted| Ok::<_, std::io::Error>(key.0.len()));
    let key = Counted("a key that would have to be copied".into());
    let first = factory.get(&key).unwrap();
    let encoded = ENCODED.load(Ordering::SeqCst);
    assert!(encoded > 0, "a miss encodes its key");
    let (allocated, again) = allocations_of(|| factory.get(&key).unwrap());
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!((allocated, ENCODED.load(Ordering::SeqCst)), (0, encoded));
    assert_eq!(factory.stats().memory_hits, 1);
}

#[test]
fn a_hit_through_the_attribute_allocates_nothing() {
    with_store(&Store::in_memory(), || {
        let (built, first) = allocations_of(|| title("flights", 2013).unwrap());
        assert!(built > 0, "what counts allocations sees those of a miss");
        let (allocated, again) = allocations_of(|| title("flights", 2013).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(allocated, 0);
    });
}
