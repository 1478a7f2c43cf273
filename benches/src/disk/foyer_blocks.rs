//! foyer's hybrid cache: its block engine alone, so that every get goes to the disk.
//!
//! Promises: a put is over when its bytes are written (`wait`), as it is for everybody else here; blocks and
//! buffers are as large as the objects ask for, else it drops them without a word. Refuses: its compression.

use std::path::Path;

use bytes::Bytes;
use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder, Load,
    PsyncIoEngineConfig,
};
use tokio::runtime::Runtime;

use super::Keeper;

struct Foyer {
    cache: HybridCache<u64, Bytes>,
    runtime: Runtime,
}

pub(super) fn open(folder: &Path, size: usize) -> Box<dyn Keeper> {
    let runtime = Runtime::new().expect("a runtime can be started");
    let cache = runtime.block_on(build(folder, size));
    Box::new(Foyer { cache, runtime })
}

async fn build(folder: &Path, size: usize) -> HybridCache<u64, Bytes> {
    let block = (16 << 20).max(size + size / 4);
    let device = FsDeviceBuilder::new(folder.join("foyer")).with_capacity(6 * block.max(64 << 20)).build();
    let device = device.expect("a device can be made in an empty folder");
    let engine = BlockEngineConfig::new(device)
        .with_block_size(block)
        .with_buffer_pool_size(2 * block)
        .with_submit_queue_size_threshold(4 * block);
    let builder = HybridCacheBuilder::new().memory(1 << 20).with_weighter(|_, bytes: &Bytes| bytes.len());
    let storage = builder.storage().with_io_engine_config(PsyncIoEngineConfig::new());
    storage.with_engine_config(engine).build().await.expect("the cache can be opened")
}

impl Keeper for Foyer {
    fn put(&self, number: u64, content: Bytes) {
        drop(self.cache.storage_writer(number).force().insert(content));
        self.runtime.block_on(self.cache.storage().wait());
    }

    fn get(&self, number: u64) -> Bytes {
        let loaded = self.runtime.block_on(self.cache.storage().load(&number)).expect("the device answers");
        match loaded {
            Load::Entry { value, .. } => value,
            Load::Piece { piece, .. } => piece.value().clone(),
            Load::Throttled | Load::Miss => panic!("foyer dropped an entry"),
        }
    }

    fn forget(&self, number: u64) {
        self.cache.storage().delete(&number);
    }
}
