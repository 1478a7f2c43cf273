//! A pool of bytes, in classes of size.
//!
//! Promises: 1. a buffer begins at an address divisible by 64; 2. all its bytes are zero when it is handed out, so no byte of the
//! last client can be read; 3. asking for more than the largest class works, such a buffer is just not kept. Refuses:
//! growing; ask for the size that is needed.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::builder::AfterPanic;
use super::object_pool::{Pool, PoolError};
use super::pooled::Pooled;
use super::stock::PoolStats;
use crate::error::InvalidSetting;

const ALIGNMENT: usize = 64;

/// Lends buffers of zeros.
///
/// What was written is zeroed when a buffer comes back, which costs as much as filling it once more.
///
/// ```
/// use heirloom_reuse::BufferPool;
///
/// let buffers = BufferPool::new([4096, 65_536], 8)?;      // two classes, up to 8 idle buffers each
/// let mut page = buffers.get(1000);
/// assert_eq!((page.len(), page.as_ptr().addr() % 64), (1000, 0));
/// page.fill(7);
/// drop(page);
/// assert!(buffers.get(4096).iter().all(|byte| *byte == 0));
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct BufferPool {
    /// By size, the smallest first.
    classes: Vec<(usize, Pool<Bytes>)>,
}

/// A buffer on loan from a [`BufferPool`]: a slice of bytes that goes back when dropped.
///
/// ```
/// use std::io::Read;
/// let buffers = heirloom_reuse::BufferPool::new([4096], 8)?;
/// let mut page = buffers.get(4);
/// std::io::Cursor::new(b"heirloom").read_exact(&mut page)?;
/// assert_eq!(&page[..], b"heir");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Buffer(Origin);

enum Origin {
    Class(Pooled<Bytes>),
    /// Larger than every class.
    Own(Bytes),
}

/// An aligned stretch within a slightly larger allocation, which never moves.
struct Bytes {
    memory: Box<[u8]>,
    start: usize,
    /// Bytes that the client sees; beyond them all is zero.
    length: usize,
}

impl Bytes {
    fn zeros(length: usize) -> Self {
        let memory = vec![0; length + ALIGNMENT - 1].into_boxed_slice();
        let start = memory.as_ptr().addr().next_multiple_of(ALIGNMENT) - memory.as_ptr().addr();
        Self { memory, start, length }
    }

    fn wipe(&mut self) {
        self.seen_mut().fill(0);
        // Also memory that is freed right after must have been wiped.
        std::hint::black_box(&self.memory);
        self.length = 0;
    }

    fn seen(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.length]
    }

    fn seen_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.length]
    }
}

impl BufferPool {
    /// A pool with these classes of size, in bytes, each with at most `idle_per_class` buffers that wait.
    ///
    /// # Errors
    /// No class, or one of size 0.
    ///
    /// ```
    /// let refused = heirloom_reuse::BufferPool::new([], 8);
    /// assert_eq!(refused.unwrap_err().to_string(), "there is no class of size; give at least one");
    /// ```
    pub fn new(
        sizes: impl IntoIterator<Item = usize>,
        idle_per_class: usize,
    ) -> Result<Self, InvalidSetting> {
        let mut sizes: Vec<usize> = sizes.into_iter().collect();
        sizes.sort_unstable();
        sizes.dedup();
        match sizes.first() {
            None => return Err(InvalidSetting::new("there is no class of size; give at least one")),
            Some(0) => return Err(InvalidSetting::new("a class has size 0; give at least 1 byte")),
            Some(_) => {}
        }
        let class = |size: usize| {
            let pool = Pool::builder(move || Bytes::zeros(size))
                .max_idle(idle_per_class)
                .reset(Bytes::wipe)
                .after_panic(AfterPanic::Return)
                .build()?;
            Ok((size, pool))
        };
        Ok(Self { classes: sizes.into_iter().map(class).collect::<Result<_, _>>()? })
    }

    /// A buffer of `length` zeros, from the smallest class that has room for it.
    ///
    /// ```
    /// let buffers = heirloom_reuse::BufferPool::new([64], 8)?;
    /// assert_eq!((buffers.get(10).len(), buffers.get(1000).len()), (10, 1000)); // the second is not kept
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn get(&self, length: usize) -> Buffer {
        let class = self.classes.iter().find(|(size, _)| *size >= length);
        match class.map(|(_, pool)| pool.acquire()) {
            Some(Ok(mut bytes)) => {
                bytes.length = length;
                Buffer(Origin::Class(bytes))
            }
            None | Some(Err(PoolError::TimedOut { .. } | PoolError::Make(_))) => {
                Buffer(Origin::Own(Bytes::zeros(length)))
            }
        }
    }

    /// What each class has counted, with its size, the smallest first.
    ///
    /// ```
    /// let buffers = heirloom_reuse::BufferPool::new([64, 4096], 8)?;
    /// drop(buffers.get(10));
    /// let idle: Vec<_> = buffers.stats().map(|(size, stats)| (size, stats.idle)).collect();
    /// assert_eq!(idle, [(64, 1), (4096, 0)]);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn stats(&self) -> impl Iterator<Item = (usize, PoolStats)> {
        self.classes.iter().map(|(size, pool)| (*size, pool.stats()))
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Origin::Class(bytes) => bytes.seen(),
            Origin::Own(bytes) => bytes.seen(),
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Origin::Class(bytes) => bytes.seen_mut(),
            Origin::Own(bytes) => bytes.seen_mut(),
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len())
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.classes).finish()
    }
}
