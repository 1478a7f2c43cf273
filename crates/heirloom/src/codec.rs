//! The codecs of the Rust face: postcard for any serde type, raw frames for bytes that are used in place.
//!
//! Promises: the name changes whenever the bytes would. Refuses: codecs that execute what they read.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use heirloom_core::Digest;
use heirloom_core::object::{Codec, CodecFault, Object, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::shape;

/// Any serde type, as one frame of [postcard](https://postcard.jamesmunns.com); the default.
pub struct Postcard<V>(PhantomData<fn() -> V>);

/// Bytes that are mapped and used in place: [`Bytes`] without a copy, `Vec<u8>` with one.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let store = heirloom::Store::open(folder.path())?;
/// let blocks = store.factory("blocks").codec(heirloom::Raw::<bytes::Bytes>::new()).build(|n: &usize| {
///     Ok::<_, std::io::Error>(bytes::Bytes::from(vec![7_u8; *n]))
/// });
/// assert_eq!(blocks.get(&100_000)?.len(), 100_000);
/// # Ok::<(), heirloom::Error>(())
/// ```
pub struct Raw<V>(PhantomData<fn() -> V>);

impl<V> Postcard<V> {
    /// The codec for `V`.
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V> Raw<V> {
    /// The codec for `V`.
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V> Default for Postcard<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Default for Raw<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> Codec for Postcard<V> {
    fn name(&self) -> &'static str {
        "postcard/1"
    }

    fn shape(&self) -> Option<Digest> {
        Some(shape::of::<V>())
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let value = open::<V>(object)?;
        Ok(Payload::single(postcard::to_stdvec(&*value)?))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        let (value, rest): (V, _) = postcard::take_from_bytes(single(payload)?)?;
        if !rest.is_empty() {
            return Err(format!("{} bytes are left over", rest.len()).into());
        }
        Ok(Object::new(Arc::new(value), 0))
    }
}

impl Codec for Raw<Bytes> {
    fn name(&self) -> &'static str {
        "raw/1"
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        Ok(Payload::single(Bytes::clone(&*open::<Bytes>(object)?)))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        Ok(Object::new(Arc::new(single(payload)?.clone()), 0))
    }
}

impl Codec for Raw<Vec<u8>> {
    fn name(&self) -> &'static str {
        "raw/1"
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let value = open::<Vec<u8>>(object)?;
        Ok(Payload::single(Bytes::from_owner(Shared(value))))
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        Ok(Object::new(Arc::new(single(payload)?.to_vec()), 0))
    }
}

/// Lends a shared vector's bytes to a payload without a copy.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn open<V: Send + Sync + 'static>(object: &Object) -> Result<Arc<V>, CodecFault> {
    let wrong = || format!("the object is no {}", std::any::type_name::<V>());
    object.open::<V>().ok_or_else(|| wrong().into())
}

fn single(payload: &Payload) -> Result<&Bytes, CodecFault> {
    match payload.frames() {
        [frame] => Ok(frame),
        frames => Err(format!("expected 1 frame, found {}", frames.len()).into()),
    }
}
