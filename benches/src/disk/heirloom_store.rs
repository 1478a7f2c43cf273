//! Heirloom with the memory tier off, so that every `get` goes to the disk, and raw bytes as objects.
//!
//! Promises: everything else is as by default: verification, single flight, leases, record and registry. Refuses:
//! the engine's own interface; this is what a client of the Rust face does.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use heirloom::{Factory, Raw, Store, Tiers};

use super::Keeper;

struct Ours {
    factory: Factory<u64, Bytes>,
    /// What the builder is to "build" next.
    pending: Arc<Mutex<Option<Bytes>>>,
}

pub(super) fn open(folder: &Path, _size: usize) -> Box<dyn Keeper> {
    let store = Store::open(folder.join("store")).expect("a store can be opened in an empty folder");
    let pending: Arc<Mutex<Option<Bytes>>> = Arc::default();
    let source = Arc::clone(&pending);
    let factory =
        store.factory("bytes").codec(Raw::<Bytes>::new()).tiers(Tiers { memory: false, disk: true }).build(
            move |_: &u64| {
                let content = source.lock().unwrap_or_else(PoisonError::into_inner).take();
                content.ok_or("asked for what was not put")
            },
        );
    Box::new(Ours { factory, pending })
}

impl Keeper for Ours {
    fn put(&self, number: u64, content: Bytes) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(content);
        self.factory.get(&number).expect("it is built and kept");
    }

    fn get(&self, number: u64) -> Bytes {
        Bytes::clone(&*self.factory.get(&number).expect("it was kept"))
    }

    fn forget(&self, number: u64) {
        self.factory.forget(&number).expect("the store answers");
    }
}
