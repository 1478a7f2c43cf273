//! Nobody is the sole owner: the row F12.

use std::sync::Arc;

use bytes::Bytes;
use heirloom::Raw;

use crate::ground::Ground;

#[test]
fn f12_what_is_forgotten_or_cleared_stays_with_its_holders_and_is_served_to_nobody() {
    let ground = Ground::new();
    let store = ground.open();
    let factory = store.factory("held").build(|n: &usize| Ok::<_, std::io::Error>(vec![7_u8; *n]));
    let held = factory.get(&10).unwrap();
    let ways: [&dyn Fn(); 3] = [
        &|| assert_eq!(factory.forget(&10).unwrap(), 1),
        &|| assert_eq!(factory.clear().unwrap(), 1),
        &|| assert_eq!(store.clear().unwrap(), 1),
    ];
    for destroy in ways {
        let before = factory.get(&10).unwrap();
        destroy();
        assert_eq!(*before, [7; 10]);
        assert!(!Arc::ptr_eq(&before, &factory.get(&10).unwrap()), "the front table must not serve it");
    }
    assert_eq!(*held, [7; 10]);
}

#[test]
fn f12_a_mapped_object_outlives_its_file() {
    let ground = Ground::new();
    let length = 8 << 20;
    let blocks = |store: &heirloom::Store| {
        store
            .factory("blocks")
            .codec(Raw::<Bytes>::new())
            .build(|n: &usize| Ok::<_, std::io::Error>(Bytes::from(vec![9_u8; *n])))
    };
    blocks(&ground.open()).get(&length).unwrap();
    let store = ground.open();
    let mapped = blocks(&store).get(&length).unwrap();
    assert_eq!(blocks(&store).stats().builds, 0);
    store.clear().unwrap();
    assert!(mapped.iter().all(|byte| *byte == 9));
    drop(store);
    std::fs::remove_dir_all(ground.root()).unwrap();
    let slice = mapped.slice(length - 100..);
    drop(mapped);
    assert_eq!(slice, [9; 100].as_slice(), "a part of it keeps the mapping too");
}
