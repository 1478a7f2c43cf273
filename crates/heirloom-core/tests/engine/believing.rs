//! Who is believed: somebody who can write to the store, knows every format and has no key gets nothing opened.
//!
//! Each attack makes every unkeyed digest right. The codec of these tests says that opening runs code, and counts.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use heirloom_core::engine::{Engine, EngineOptions, Notice};
use heirloom_core::object::{Codec, CodecFault, Object, Payload, Record};
use heirloom_core::settings::Verify;
use heirloom_core::trail::Reason;
use heirloom_core::trust::MacKey;
use heirloom_core::{Digest, Result};

use crate::house::{Bytes, House, Maker, hit, miss};

/// As a pickle: opening it could do anything.
struct Pickled(Bytes);

impl Codec for Pickled {
    fn name(&self) -> &'static str {
        "pickled/1"
    }

    fn seal(&self, object: &Object) -> std::result::Result<Payload, CodecFault> {
        self.0.seal(object)
    }

    fn open(&self, payload: &Payload) -> std::result::Result<Object, CodecFault> {
        self.0.open(payload)
    }

    fn runs_code(&self) -> bool {
        true
    }
}

fn engine(house: &House, key: Option<[u8; 32]>) -> Arc<Engine> {
    Engine::open(EngineOptions { key: key.map(MacKey::new), ..house.options() }).unwrap()
}

const OURS: Option<[u8; 32]> = Some([1; 32]);

fn maker_with(house: &House, key: Option<[u8; 32]>, times: usize, verify: Verify) -> Maker {
    let mut recipe = house.recipe("tables");
    recipe.fingerprint.codec = "pickled/1".into();
    recipe.codec =
        Some(Arc::new(Pickled(Bytes { opened: house.opened.clone(), sealed: house.sealed.clone() })));
    recipe.verify = verify;
    let build =
        move |_: &heirloom_core::Recorder, key: &str| -> Result<Vec<u8>> { Ok(key.repeat(times).into()) };
    Maker::new(&engine(house, key), recipe, build)
}

/// A new process of the victim; objects of `times` bytes.
fn maker(house: &House, times: usize) -> Maker {
    maker_with(house, OURS, times, Verify::Auto)
}

fn registry(house: &House) -> rusqlite::Connection {
    rusqlite::Connection::open(house.store().join("v1/registry.sqlite")).unwrap()
}

fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).ok();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn write_record(house: &House, entry: &Digest, record: &Record) {
    let json = serde_json::to_string(record).unwrap();
    let text = format!("heirloom-record 1 {}\n{json}\n", Digest::of(json.as_bytes()));
    let hex = entry.to_string();
    replace(&house.store().join("v1/records").join(&hex[..2]).join(format!("{hex}.json")), text.as_bytes());
}

/// Replaces what an entry holds, as an attacker does who makes every digest right; the MAC stays as it was.
fn forge(house: &House, tables: &Maker, shown: &str, evil: &[u8]) {
    let row = tables.entries().into_iter().find(|row| row.shown == shown).unwrap();
    let mut record = tables.engine.record(&row.entry).unwrap().unwrap();
    let payload = Payload::single(evil.to_vec());
    record.content = payload.digest();
    record.bytes = payload.blob_len();
    record.code = payload.first_digest();
    let hex = record.content.to_string();
    let blob = house.store().join("v1/blobs").join(&hex[..2]).join(format!("{hex}.blob"));
    replace(&blob, &payload.to_blob());
    write_record(house, &row.entry, &record);
    let json = serde_json::to_string(&record).unwrap();
    let inline = (record.bytes <= 16_384).then(|| payload.to_blob().to_vec());
    registry(house)
        .execute(
            "UPDATE entries SET content = ?2, bytes = ?3, code = ?4, record = ?5, inline = ?6 WHERE entry = ?1",
            rusqlite::params![
                row.entry.as_bytes(),
                record.content.as_bytes(),
                record.bytes.cast_signed(),
                record.code.unwrap().as_bytes(),
                json,
                inline,
            ],
        )
        .unwrap();
}

const SIZES: [usize; 3] = [10, 40_000, 200_000];

#[test]
fn what_this_key_has_kept_is_opened() {
    for times in SIZES {
        let house = House::new();
        maker(&house, times).get("x");
        hit!(maker(&house, times).get("x"); Disk);
    }
}

#[test]
fn a_forged_entry_is_never_opened_and_is_built_again() {
    for times in SIZES {
        let house = House::new();
        let tables = maker(&house, times);
        tables.get("x");
        forge(&house, &tables, "\"x\"", &vec![b'e'; times]);
        let got = miss!(maker(&house, times).get("x"); Reason::Untrusted { .. });
        assert_eq!(got.text(), "x".repeat(times));
        assert!(got.why().contains("its MAC does not hold"), "{}", got.why());
        assert_eq!(house.opens(), 0, "nothing of it was opened");
        assert_eq!(house.faults().len(), 1, "told once");
        hit!(maker(&house, times).get("x"); Disk);
    }
}

#[test]
fn a_forged_record_that_becomes_a_row_is_not_believed_either() {
    let house = House::new();
    let tables = maker(&house, 200_000);
    tables.get("x");
    forge(&house, &tables, "\"x\"", &"e".repeat(200_000).into_bytes());
    drop(tables);
    fs::remove_file(house.store().join("v1/registry.sqlite")).unwrap();
    miss!(maker(&house, 200_000).get("x"); Reason::Untrusted { .. });
    assert_eq!(house.opens(), 0);
    assert!(house.files("quarantine").iter().any(|path| path.extension().is_some_and(|json| json == "json")));
}

#[test]
fn a_replaced_blob_alone_is_corrupt_whatever_the_setting() {
    for verify in [Verify::Auto, Verify::Always, Verify::Never] {
        let house = House::new();
        maker_with(&house, OURS, 200_000, verify).get("x");
        let blob = house.files("blobs").remove(0);
        replace(&blob, &Payload::single(vec![b'e'; 200_000]).to_blob());
        miss!(maker_with(&house, OURS, 200_000, verify).get("x"); Reason::Corrupt { .. });
        assert_eq!(house.opens(), 0, "{verify:?}");
    }
}

/// The note that a blob was verified is signed, so a forged one only costs a digest.
#[test]
fn a_forged_seal_is_not_believed() {
    let house = House::new();
    let tables = maker(&house, 200_000);
    tables.get("x");
    let blob = house.files("blobs").remove(0);
    replace(&blob, &Payload::single(vec![b'e'; 200_000]).to_blob());
    let stat = rustix::fs::stat(&blob).unwrap();
    let changed = registry(&house)
        .execute(
            "UPDATE blobs SET inode = ?1, mtime_nanos = ?2, ctime_nanos = ?3",
            rusqlite::params![
                stat.st_ino.cast_signed(),
                stat.st_mtime * 1_000_000_000 + i64::try_from(stat.st_mtime_nsec).unwrap(),
                stat.st_ctime * 1_000_000_000 + i64::try_from(stat.st_ctime_nsec).unwrap(),
            ],
        )
        .unwrap();
    assert_eq!(changed, 1);
    tables.forget_memory();
    miss!(tables.get("x"); Reason::Corrupt { .. });
    assert_eq!(house.opens(), 0);
}

#[test]
fn records_of_two_keys_that_change_places_are_not_believed() {
    let house = House::new();
    let tables = maker(&house, 10);
    tables.get("x");
    tables.get("y");
    registry(&house)
        .execute_batch(
            "CREATE TEMP TABLE both AS SELECT * FROM entries;
            UPDATE entries SET (content, bytes, inline, code, mac, created, build_nanos, dependencies, traits) =
                (SELECT content, bytes, inline, code, mac, created, build_nanos, dependencies, traits FROM both
                WHERE both.id <> entries.id);",
        )
        .unwrap();
    tables.forget_memory();
    for key in ["x", "y"] {
        let got = miss!(tables.get(key); Reason::Untrusted { .. });
        assert_eq!(got.text(), key.repeat(10));
    }
    assert_eq!(house.opens(), 0);
}

#[test]
fn a_row_edited_by_hand_is_not_believed() {
    for edit in [
        "created = created + 1",
        "build_nanos = build_nanos + 1",
        "traits = '{\"columns\":[\"price\"]}'",
        "dependencies = '[{\"kind\":\"absent\",\"path\":\"./none\"}]'",
        "lifetime = '{\"ttl\":{\"secs\":9,\"nanos\":0}}'",
        "code = zeroblob(32)",
        "mac = NULL",
        "mac = zeroblob(40)",
        "mac = zeroblob(7)",
    ] {
        let house = House::new();
        let tables = maker(&house, 10);
        tables.get("x");
        assert_eq!(registry(&house).execute(&format!("UPDATE entries SET {edit}"), []).unwrap(), 1);
        tables.forget_memory();
        miss!(tables.get("x"); Reason::Untrusted { .. });
        assert_eq!(house.opens(), 0, "{edit}");
        hit!(maker(&house, 10).get("x"); Disk);
    }
}

/// An older record of the very same object is what this key has kept: it is judged by its own age.
#[test]
fn an_older_record_that_is_played_back_is_as_old_as_it_is() {
    let house = House::new();
    let with_ttl = || {
        let tables = maker(&house, 10);
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.codec = "pickled/1".into();
        recipe.codec = tables.factory.recipe().codec.clone();
        recipe.lifetime.ttl = Some(std::time::Duration::from_mins(1));
        Maker::new(&tables.engine, recipe, |_, key| Ok(key.repeat(10).into()))
    };
    with_ttl().get("x");
    registry(&house).execute_batch("CREATE TABLE old AS SELECT * FROM entries").unwrap();
    house.clock.advance(std::time::Duration::from_secs(90));
    miss!(with_ttl().get("x"); Reason::TtlPassed { .. });
    registry(&house).execute_batch("DELETE FROM entries; INSERT INTO entries SELECT * FROM old").unwrap();
    miss!(with_ttl().get("x"); Reason::TtlPassed { .. });
}

#[test]
fn a_touched_input_is_signed_again_and_one_that_is_not_believed_is_not() {
    let house = House::new();
    let reading = || {
        let tables = maker(&house, 10);
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.codec = "pickled/1".into();
        recipe.codec = tables.factory.recipe().codec.clone();
        let file = house.file("a.csv");
        Maker::new(&tables.engine, recipe, move |recorder, _| {
            recorder.file(&file).unwrap();
            Ok(fs::read(&file).unwrap())
        })
    };
    house.write("a.csv", "1");
    reading().get("x");
    let macs = || registry(&house).query_row("SELECT mac FROM entries", [], |row| row.get::<_, Vec<u8>>(0));
    let before = macs().unwrap();
    // Touched: another moment, the same content.
    fs::remove_file(house.file("a.csv")).unwrap();
    house.write("a.csv", "1");
    hit!(reading().get("x"); Disk);
    assert_ne!(macs().unwrap(), before, "the new stat is signed");
    hit!(reading().get("x"); Disk);
    // Changed, and the stat forged to hide it.
    registry(&house).execute("UPDATE entries SET dependencies = NULL", []).unwrap();
    house.write("a.csv", "2");
    let got = miss!(reading().get("x"); Reason::Untrusted { .. });
    assert_eq!(got.text(), "2");
}

#[test]
fn what_another_key_has_kept_is_refused_and_left_alone() {
    let house = House::new();
    maker_with(&house, Some([2; 32]), 200_000, Verify::Auto).get("x");
    let victim = maker(&house, 200_000);
    let got = miss!(victim.get("x"); Reason::Untrusted { .. });
    assert!(got.why().contains("it was kept with the key"), "{}", got.why());
    assert_eq!((house.opens(), house.files("quarantine").len()), (0, 0));
    hit!(maker(&house, 200_000).get("x"); Disk);
}

#[test]
fn without_a_key_nothing_that_runs_code_is_kept_or_opened() {
    let house = House::new();
    maker(&house, 10).get("x");
    let keyless = maker_with(&house, None, 10, Verify::Auto);
    miss!(keyless.get("x"); Reason::KeepFailed { .. });
    assert!(house.faults().iter().any(|fault| matches!(fault, Reason::Untrusted { .. })));
    keyless.forget_memory();
    assert!(keyless.get("x").built);
    hit!(maker(&house, 10).get("x"); Disk);
    assert_eq!(house.opens(), 1, "by the one with the key");
}

#[test]
fn a_migration_opens_nothing_that_is_not_believed() {
    let house = House::new();
    let tables = maker(&house, 10);
    tables.get("x");
    forge(&house, &tables, "\"x\"", b"evil");
    let newer = |house: &House| {
        let tables = maker(house, 10);
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.codec = "pickled/1".into();
        recipe.fingerprint.schema = 2;
        recipe.codec = tables.factory.recipe().codec.clone();
        let opened = house.opened.clone();
        recipe.migrations.push(heirloom_core::object::Migration {
            from: 1,
            open: Box::new(move |payload| {
                opened.fetch_add(1, Ordering::SeqCst);
                Ok(Object::new(Arc::new(payload.frames()[0].to_vec()), 0))
            }),
            convert: Box::new(|object| Ok(object.clone())),
        });
        Maker::new(&tables.engine, recipe, |_, key| Ok(key.repeat(10).into()))
    };
    miss!(newer(&house).get("x"); Reason::Untrusted { .. });
    assert_eq!(house.opens(), 0);
}

#[test]
fn a_forged_vouch_counts_for_nothing() {
    let house = House::new();
    let at = |code: &'static str| {
        let tables = maker(&house, 10);
        let mut recipe = house.recipe("tables");
        recipe.fingerprint.codec = "pickled/1".into();
        recipe.codec = tables.factory.recipe().codec.clone();
        let part = heirloom_core::identity::Part { digest: Digest::of(code.as_bytes()), place: None };
        recipe.fingerprint.code.parts = [("f".to_owned(), part)].into();
        Maker::new(&tables.engine, recipe, move |_, _| Ok(code.into()))
    };
    let old = at("old");
    old.get("x");
    let (new, old_code) = (at("new"), old.factory.recipe().fingerprint.code.digest());
    let row = rusqlite::params!["tables", old_code.as_bytes(), 0];
    registry(&house)
        .execute("INSERT INTO adoptions (factory, old_code, new_code, at) VALUES (?1, ?2, NULL, ?3)", row)
        .unwrap();
    miss!(new.get("x"); Reason::FingerprintChanged { .. });
    new.engine.adopt("tables", Some(&new.factory)).unwrap();
    new.engine
        .remove(&new.entries().iter().map(|row| row.entry).skip(1).collect::<Vec<_>>(), "test")
        .unwrap();
    new.forget_memory();
    assert_eq!(hit!(new.get("x"); Disk).text(), "old", "a vouch of one's own does");
}

#[test]
fn links_and_pipes_in_the_store_lead_nowhere() {
    let house = House::new();
    maker(&house, 200_000).get("x");
    let (blob, record) = (house.files("blobs").remove(0), house.files("records").remove(0));
    let outside = house.folder.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    for planted in [blob, record] {
        fs::remove_file(&planted).unwrap();
        symlink(&outside, &planted).unwrap();
        assert!(maker(&house, 200_000).get("x").text().starts_with('x'));
        assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    }
    // A lock that is a link must not be written through, and a pipe must not be waited for.
    let tables = maker(&house, 200_000);
    let locks = house.store().join("v1/locks");
    fs::remove_dir_all(&locks).unwrap();
    fs::create_dir(&locks).unwrap();
    symlink(&outside, locks.join("sweep")).unwrap();
    miss!(tables.get("y"); Reason::NeverBuilt);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    assert!(fs::symlink_metadata(locks.join("sweep")).unwrap().is_file(), "a lock of our own");
    // A folder that is a link to one: nothing below it is looked at, or taken away.
    let elsewhere = house.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("precious"), "too").unwrap();
    let staging = house.store().join("v1/staging");
    fs::remove_dir_all(&staging).unwrap();
    symlink(&elsewhere, &staging).unwrap();
    let found = tables.engine.inspect(&mut |_, _| ()).unwrap();
    tables.engine.mend(&found).unwrap();
    assert!(tables.engine.inspect(&mut |_, _| ()).unwrap().problems.is_empty());
    assert!(elsewhere.join("precious").exists());
}

#[test]
fn a_store_that_others_can_write_to_is_told() {
    let exposed = |mode: u32, key: MacKey| {
        let house = House::new();
        fs::create_dir(house.store()).unwrap();
        fs::set_permissions(house.store(), fs::Permissions::from_mode(mode)).unwrap();
        Engine::open(EngineOptions { key: Some(key), ..house.options() }).unwrap();
        let told = house.told.lock().unwrap();
        told.iter().any(|notice| matches!(notice, Notice::Exposed { .. }))
    };
    let own = || MacKey::new([1; 32]);
    assert!(exposed(0o777, own()) && exposed(0o775, own()) && exposed(0o777, own().of_team()));
    assert!(!exposed(0o755, own()) && !exposed(0o700, own()) && !exposed(0o775, own().of_team()));
    let house = House::new();
    engine(&house, OURS);
    let mode = fs::metadata(house.store()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "a store that we make is its owner's");
}
