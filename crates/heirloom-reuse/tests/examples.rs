//! Every example runs to its end, and its assertions hold.

use std::process::Command;

const EXAMPLES: [&str; 9] = [
    "lru_function",
    "typed",
    "ttl",
    "weak_registry",
    "object_pool",
    "buffer_pool",
    "flyweight_products",
    "interned_labels",
    "weak_observers",
];

#[test]
fn every_example_runs() {
    // Examples are built beside this test, in the folder above its own.
    let here = std::env::current_exe().unwrap();
    let folder = here.ancestors().nth(2).unwrap().join("examples");
    for name in EXAMPLES {
        let ran = Command::new(folder.join(name)).output().unwrap();
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        assert!(!ran.stdout.is_empty(), "{name} tells what it did");
    }
}

#[test]
fn every_example_stands_beside_one_in_python() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/reuse");
    for name in EXAMPLES {
        for kind in ["rs", "py"] {
            let path = format!("{folder}/{name}.{kind}");
            assert!(std::fs::exists(&path).unwrap(), "{path} is missing");
        }
    }
    let files = std::fs::read_dir(folder).unwrap().filter(|file| {
        let path = file.as_ref().unwrap().path();
        path.extension().is_some_and(|kind| kind == "rs" || kind == "py")
    });
    assert_eq!(files.count(), 2 * EXAMPLES.len());
}
