//! `verify`: what is found, what is mended, and the exit code.

use std::fs;
use std::path::PathBuf;

use crate::stage::Stage;

/// The files below a folder of the store.
fn files(stage: &Stage, folder: &str) -> Vec<PathBuf> {
    let shards = fs::read_dir(stage.store().join("v1").join(folder)).unwrap();
    shards
        .flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap())
        .map(|one| one.unwrap().path())
        .collect()
}

/// The largest blob, with one byte flipped.
fn flip(stage: &Stage) -> PathBuf {
    let blob =
        files(stage, "blobs").into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    // A blob may be read-only, so it is replaced as a bad disk would.
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    blob
}

#[test]
fn a_whole_store_is_fine() {
    let stage = Stage::furnished();
    let out = stage.fine(&["verify"]);
    assert!(out.starts_with("3 entries, ") && out.ends_with("read: 0 problems\n"), "{out}");
}

#[test]
fn a_flipped_byte_is_found_and_mended() {
    let stage = Stage::furnished();
    let blob = flip(&stage);
    let name = blob.file_stem().unwrap().to_str().unwrap().to_owned();
    let found = stage.run(&["verify"]);
    assert_eq!(found.code, 1);
    let sentence = format!("blob {} is corrupt: its bytes are not what was written\n", &name[..12]);
    assert!(found.out.contains(&sentence), "{found:?}");
    assert!(found.out.ends_with("nothing was changed; --repair mends what can be mended\n"), "{found:?}");
    assert!(blob.exists());
    let mended = stage.run(&["verify", "--repair"]);
    assert_eq!(mended.code, 0, "{mended:?}");
    assert!(mended.out.ends_with("mended, 0 remain\n"), "{mended:?}");
    assert!(stage.store().join("v1/quarantine").join(&name).exists(), "put aside, not destroyed");
    assert_eq!(stage.document(&["ls"])["entries"].as_array().unwrap().len(), 2);
    assert_eq!(stage.run(&["verify"]).code, 0);
}

#[test]
fn a_lost_registry_is_made_anew_from_the_records() {
    let stage = Stage::furnished();
    let before = stage.document(&["ls"])["entries"].as_array().unwrap().len();
    for name in ["registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm"] {
        fs::remove_file(stage.store().join("v1").join(name)).ok();
    }
    // Whatever opens the store first makes the registry anew.
    let told = stage.document(&["verify"]);
    assert_eq!(told["remaining"].as_array().unwrap().len(), 0, "{told}");
    assert_eq!(stage.document(&["ls"])["entries"].as_array().unwrap().len(), before);
}
