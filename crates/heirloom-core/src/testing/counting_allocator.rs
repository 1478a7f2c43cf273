//! An allocator that counts, for tests that promise how often memory is asked for.
//!
//! Promises: only the allocations of one's own thread are counted, so other tests do not disturb. Refuses: counting bytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which also counts the allocations of each thread; to be a test program's `#[global_allocator]`.
///
/// ```
/// use heirloom_core::testing::{CountingAllocator, allocations_of};
///
/// #[global_allocator]
/// static COUNTING: CountingAllocator = CountingAllocator;
///
/// assert_eq!(allocations_of(|| Box::new(7)).0, 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CountingAllocator;

// SAFETY: every call is handed to the system's allocator unchanged.
#[expect(unsafe_code, reason = "an allocator that counts cannot be written without")]
unsafe impl GlobalAlloc for CountingAllocator {
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

/// How often `work` asks for memory on this thread, and what it returns; 0 where [`CountingAllocator`] is not in place.
pub fn allocations_of<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    (ALLOCATIONS.with(Cell::get) - before, result)
}
