//! What is handed down: the live object (sealed), its frames of bytes, the codec between the two, and the record
//! that describes a kept one.
//!
//! Pure: nothing here touches the disk. The engine carries an [`Object`] and never looks inside.

mod codec;
mod live;
mod payload;
mod record;

pub use codec::{Codec, CodecFault, Migration};
pub use live::{Echo, Faint, MakeEcho, Object};
pub use payload::{FRAME_ALIGN, Payload};
pub(crate) use record::json;
pub use record::{Origin, Record};
