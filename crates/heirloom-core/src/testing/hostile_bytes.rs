//! What is asked of each reader of bytes that somebody else may have written: key, record, blob, `heirloom.toml`.
//!
//! One function for each, called by the fuzz targets in `fuzz/` with what a fuzzer makes up, and by a test on every machine
//! with seeded mutations of the same seeds. Promises: a reader answers with a value or a refusal, never a panic, and what it
//! accepts is written again as it was. Refuses: to know how the bytes came to be.

use std::path::Path;

use bytes::Bytes;

use crate::disk::parse_record;
use crate::identity::key::shown;
use crate::object::{Payload, Record};
use crate::settings::Settings;

/// An encoding of a key, as it is shown to people.
pub fn read_key(bytes: &[u8]) {
    if let Ok(text) = shown(bytes) {
        assert!(!text.contains('\0'), "what is shown can be shown: {text:?}");
    }
}

/// The file of a record, and a record's body behind a right head.
///
/// # Panics
/// When a record that is accepted does not come back from its own JSON.
pub fn read_record(bytes: &[u8]) {
    let whole = parse_record(bytes.to_vec()).ok().map(|(record, _)| record);
    let body = serde_json::from_slice::<Record>(bytes).ok();
    for record in [whole, body].into_iter().flatten() {
        let json = serde_json::to_string(&record).expect("a record is JSON");
        let again: Record = serde_json::from_str(&json).expect("its own JSON is a record");
        assert_eq!(again.entry(), record.entry());
        assert_eq!(again.statement(), record.statement());
        drop(record.trail.why().map(ToString::to_string));
    }
}

/// A blob.
///
/// # Panics
/// When a blob that is accepted has other frames after being put together again.
pub fn read_blob(bytes: &[u8]) {
    let Some(payload) = Payload::from_blob(Bytes::copy_from_slice(bytes)) else { return };
    assert!(payload.bytes() <= bytes.len() as u64, "frames lie inside the blob");
    if payload.blob_len() < 1 << 20 {
        assert_eq!(Payload::from_blob(payload.to_blob()), Some(payload));
    }
}

/// The text of a `heirloom.toml`.
///
/// # Panics
/// When a mistake is told without saying where it is.
pub fn read_settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Settings::parse(text, Path::new("/p/heirloom.toml")) {
        Ok(settings) => {
            for factory in settings.factories() {
                drop((settings.cache(factory), settings.versions(factory)));
            }
        }
        Err(error) => assert!(error.to_string().contains("heirloom.toml:"), "{error}"),
    }
}
