//! The key itself: a factory's name, the digest that decides, and the encoding to show.
//!
//! First value on the road; everything after it finds an object by its [`Key`]. Promises: 1. two keys are equal
//! exactly when their full digests are, and the digest covers the name as well; 2. cloning copies no encoding.
//! Refuses: to check the factory's name again; that is done once, by [`super::validate_factory_name`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use super::digesting::{Digesting, Retain};
use super::key_serializer::KeySerializer;
use super::{KeyWriter, shown};
use crate::{Digest, Error, Result};

/// Which thing is asked for: a factory and its arguments.
///
/// ```
/// use heirloom_core::identity::key::Key;
/// let key = Key::of(&"tables".into(), &("flights.csv", 2013))?;
/// assert_eq!(key.to_string(), r#"tables("flights.csv", 2013)"#);
/// assert_ne!(key, Key::of(&"tables".into(), &("flights.csv", 2013.0))?);
/// # Ok::<(), heirloom_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Key {
    factory: Arc<str>,
    digest: Digest,
    encoded: Option<Arc<[u8]>>,
    length: u64,
}

impl Key {
    /// The key of serialisable arguments; keeps the encoding so that it can be shown.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when a value inside cannot be serialised, holds a map key twice or
    /// nests too deep; the sentence names the place.
    pub fn of(factory: &Arc<str>, arguments: &(impl Serialize + ?Sized)) -> Result<Self> {
        Self::serialized(factory, arguments, Retain::Encoding)
    }

    /// The same key without the encoding, so it cannot be shown; an ordinary small key allocates nothing.
    ///
    /// # Errors
    /// As [`Key::of`].
    pub fn digest_only(factory: &Arc<str>, arguments: &(impl Serialize + ?Sized)) -> Result<Self> {
        Self::serialized(factory, arguments, Retain::Nothing)
    }

    /// The key of arguments that are written by hand.
    ///
    /// ```
    /// use heirloom_core::identity::key::{Key, Retain};
    /// let factory = "tables".into();
    /// let key = Key::written::<heirloom_core::Error>(&factory, Retain::Encoding, |writer| {
    ///     writer.int_u64(2013);
    ///     Ok(())
    /// })?;
    /// assert_eq!(key, Key::of(&factory, &2013_u16)?);
    /// # Ok::<(), heirloom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `write` returns; [`Invalid`](crate::ErrorKind::Invalid) when it wrote less or more than one value.
    pub fn written<E: From<Error>>(
        factory: &Arc<str>,
        retain: Retain,
        write: impl FnOnce(&mut KeyWriter<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut sink = Digesting::new(factory, retain);
        let mut writer = KeyWriter::new(&mut sink);
        write(&mut writer)?;
        writer.finish()?;
        let digested = sink.finish();
        Ok(Self {
            factory: Arc::clone(factory),
            digest: digested.digest,
            encoded: digested.encoded,
            length: digested.length,
        })
    }

    fn serialized(factory: &Arc<str>, arguments: &(impl Serialize + ?Sized), retain: Retain) -> Result<Self> {
        Self::written(factory, retain, |writer| {
            arguments
                .serialize(KeySerializer::outermost(writer))
                .map_err(|refusal| refusal.for_factory(factory))
        })
    }

    /// The factory's name.
    pub fn factory(&self) -> &Arc<str> {
        &self.factory
    }

    /// The digest that decides; covers the key format's version, the factory's name and the encoding.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The whole canonical encoding of the arguments; `None` when it was not retained or is longer than
    /// [`SHOWN_BYTES_MAX`](super::SHOWN_BYTES_MAX).
    pub fn encoded(&self) -> Option<&[u8]> {
        self.encoded.as_deref()
    }

    /// The length of the canonical encoding, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The arguments for people; `#` and the short digest when the encoding is not at hand.
    pub fn shown(&self) -> String {
        let told = self.encoded.as_deref().and_then(|encoded| shown(encoded).ok());
        told.unwrap_or_else(|| format!("#{} ({} bytes)", self.digest.short(), self.length))
    }

    /// The arguments for people, as a call writes them: `("flights.csv", 2013)`, `(5)`.
    pub fn called(&self) -> String {
        called(&self.shown())
    }
}

/// Arguments that are [shown](Key::shown), as a call writes them.
///
/// ```
/// use heirloom_core::identity::key::called;
/// assert_eq!(called("5"), "(5)");
/// assert_eq!(called("(5,)"), "(5)");
/// assert_eq!(called("(5, 6)"), "(5, 6)");
/// ```
pub fn called(shown: &str) -> String {
    match shown.strip_suffix(",)") {
        _ if !shown.starts_with('(') => format!("({shown})"),
        Some(one) => format!("{one})"),
        None => shown.to_owned(),
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.factory, self.called())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
