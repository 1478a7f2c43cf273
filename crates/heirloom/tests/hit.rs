//! A hit in memory allocates nothing and encodes no key, by a handle and through the attribute, by name and by number.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom::{Store, cached, with_store};

/// The system's allocator, which also counts the allocations of this thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged.
#[expect(unsafe_code, reason = "an allocator that counts cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of this very method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of this very method, and what it has is from the same allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations_of<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    (ALLOCATIONS.with(Cell::get) - before, result)
}

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
