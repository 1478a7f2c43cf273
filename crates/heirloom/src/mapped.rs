//! Values that are used where they lie: an rkyv archive in a mapped file, never copied and never taken apart.
//!
//! Promises: 1. an archive is validated whole when it is opened, once; 2. opening copies nothing, and a part of a
//! large object costs only the pages it is read from. Refuses: types without an archived form; for those there is
//! [`Postcard`](crate::Postcard).

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use heirloom_core::object::{Codec, CodecFault, Object, Payload};
use heirloom_core::{Error, Result};
use rkyv::api::high::{HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::primitive::ArchivedUsize;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Serialize, rancor};

/// A value in its archived form; read as `T::Archived`. Cloning shares.
///
/// ```
/// use heirloom::{Mapped, Rkyv};
/// # let store = heirloom::Store::in_memory();
/// let primes = store.factory("primes").codec(Rkyv::<Vec<u64>>::new()).build(|n: &u64| {
///     Mapped::of(&(2..*n).filter(|x| (2..*x).all(|y| x % y != 0)).collect::<Vec<u64>>())
/// });
/// assert_eq!(primes.get(&20)?.last().map(|last| last.to_native()), Some(19));
/// # Ok::<(), heirloom::Error>(())
/// ```
pub struct Mapped<T: Archive> {
    /// A valid archive of `T`, aligned: what [`Mapped::of`] serialised or [`Mapped::validated`] has looked at.
    bytes: Bytes,
    archived: PhantomData<T::Archived>,
}

/// The codec of [`Mapped`] values.
pub struct Rkyv<T>(PhantomData<fn() -> T>);

/// What can be archived by [`Mapped::of`].
pub trait Archivable:
    Archive + for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, rancor::Error>>
{
}

impl<T> Archivable for T where
    T: Archive + for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, rancor::Error>>
{
}

impl<T: Archivable> Mapped<T> {
    /// Archives a value.
    ///
    /// # Errors
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for a value that refuses to be archived.
    pub fn of(value: &T) -> Result<Self> {
        let bytes = rkyv::to_bytes::<rancor::Error>(value).map_err(Error::build)?;
        Ok(Self { bytes: Bytes::from_owner(bytes), archived: PhantomData })
    }
}

impl<T: Archive> Mapped<T>
where
    T::Archived: for<'a> CheckBytes<HighValidator<'a, rancor::Error>>,
{
    /// Takes bytes for an archive once they were found to be one.
    fn validated(bytes: &Bytes) -> Result<Self, rancor::Error> {
        // A large frame is mapped at a multiple of 64; a small one came out of the registry and may lie anywhere.
        let aligned = (bytes.as_ptr() as usize).is_multiple_of(AlignedVec::<16>::ALIGNMENT);
        let bytes = if aligned { bytes.clone() } else { realigned(bytes) };
        rkyv::access::<T::Archived, rancor::Error>(&bytes)?;
        Ok(Self { bytes, archived: PhantomData })
    }
}

fn realigned(bytes: &[u8]) -> Bytes {
    let mut aligned = AlignedVec::<16>::with_capacity(bytes.len());
    aligned.extend_from_slice(bytes);
    Bytes::from_owner(aligned)
}

impl<T: Archive> Deref for Mapped<T> {
    type Target = T::Archived;

    #[expect(unsafe_code, reason = "validating anew at each look would read a large object whole each time")]
    fn deref(&self) -> &T::Archived {
        // SAFETY: the bytes are a valid archive of `T`: `of` has just written them, or `validated` has checked them
        // where they lie. Nobody changes them since: `Bytes` gives no way to, and a blob is never written again.
        unsafe { rkyv::access_unchecked::<T::Archived>(&self.bytes) }
    }
}

impl<T> Codec for Rkyv<T>
where
    T: Archive + 'static,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, rancor::Error>> + Send + Sync,
{
    /// The byte order and width that rkyv's features choose are part of the bytes, so they are part of the name.
    fn name(&self) -> &'static str {
        let little = archived_one()[0] == 1;
        match (size_of::<ArchivedUsize>(), little) {
            (4, true) => "rkyv/0.8",
            (2, true) => "rkyv/0.8 16-bit",
            (_, true) => "rkyv/0.8 64-bit",
            (4, false) => "rkyv/0.8 big-endian",
            (2, false) => "rkyv/0.8 16-bit big-endian",
            (_, false) => "rkyv/0.8 64-bit big-endian",
        }
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let value = object.open::<Mapped<T>>();
        let value =
            value.ok_or_else(|| format!("the object is no {}", std::any::type_name::<Mapped<T>>()))?;
        Ok(Payload::single(value.bytes.clone()))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        let [frame] = payload.frames() else {
            return Err(format!("expected 1 frame, found {}", payload.frames().len()).into());
        };
        Ok(Object::new(Arc::new(Mapped::<T>::validated(frame)?), 0))
    }
}

/// The number 1 as rkyv writes it.
fn archived_one() -> [u8; 4] {
    let written = rkyv::to_bytes::<rancor::Error>(&1_u32).unwrap_or_default();
    written.as_slice().try_into().unwrap_or([1, 0, 0, 0])
}

impl<T> Rkyv<T> {
    /// The codec for `Mapped<T>`.
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for Rkyv<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Archive> Clone for Mapped<T> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), archived: PhantomData }
    }
}

impl<T: Archive> std::fmt::Debug for Mapped<T>
where
    T::Archived: std::fmt::Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_archive_are_refused_and_misaligned_ones_are_moved() {
        let value = Mapped::of(&vec![1_u64, 2, 3]).unwrap();
        let mut wide = vec![0; value.bytes.len() + 1];
        wide[1..].copy_from_slice(&value.bytes);
        let moved = Bytes::from(wide).slice(1..);
        assert_eq!(Mapped::<Vec<u64>>::validated(&moved).unwrap()[2], 3);
        let cut = value.bytes.slice(..value.bytes.len() - 4);
        assert!(Mapped::<Vec<u64>>::validated(&cut).is_err());
        let codec = Rkyv::<Vec<u64>>::new();
        assert!(codec.open(&Payload::single(vec![0xFF; 64])).is_err());
        assert_eq!(codec.name(), "rkyv/0.8");
    }
}
