//! A typed step from an older format, erased for the engine.
//!
//! Promises: an old entry is opened by the old type's own codec. Refuses: skipping a schema; steps are chained.

use std::sync::Arc;

use heirloom_core::object::{Codec, CodecFault, Migration, Object};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Postcard;

/// The step from schema `from`, whose type is `Old`, to the next one, whose type is `New`.
pub(crate) fn step<Old, New>(from: u32, convert: impl Fn(Old) -> New + Send + Sync + 'static) -> Migration
where
    Old: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    New: Send + Sync + 'static,
{
    let convert = move |object: &Object| -> Result<Object, CodecFault> {
        let old = object.open::<Old>().ok_or("the step before gave another type")?;
        Ok(Object::new(Arc::new(convert(Arc::unwrap_or_clone(old))), 0))
    };
    Migration {
        from,
        open: Box::new(|payload| Postcard::<Old>::new().open(payload)),
        convert: Box::new(convert),
    }
}
