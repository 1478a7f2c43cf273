//! Real processes: what one built the next finds, and four at once build one.

use std::io::Write;
use std::sync::Arc;

use heirloom::{Factory, Store};

use crate::child;
use crate::ground::Ground;

/// Appends a line to a file for each build.
fn counting(folder: &std::path::Path) -> Factory<u32, Vec<u32>> {
    let store = Store::open(folder.join(".heirloom")).unwrap();
    let log = Arc::new(folder.join("builds.log"));
    store.factory("counting").build(move |n: &u32| {
        let mut log = std::fs::File::options().create(true).append(true).open(&*log)?;
        writeln!(log, "{n}")?;
        std::thread::sleep(std::time::Duration::from_millis(300));
        Ok::<_, std::io::Error>((0..*n).collect())
    })
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_asks() {
    let factory = counting(&child::folder());
    assert_eq!(factory.get(&1000).unwrap().len(), 1000);
    println!("disk hits {}", factory.stats().disk_hits);
}

fn builds(ground: &Ground) -> usize {
    std::fs::read_to_string(ground.path("builds.log")).unwrap().lines().count()
}

#[test]
fn f5_the_second_process_gets_it_from_disk() {
    let ground = Ground::new();
    assert!(child::run("processes::child_asks", ground.root(), &[]).contains("disk hits 0"));
    assert!(child::run("processes::child_asks", ground.root(), &[]).contains("disk hits 1"));
    assert_eq!(builds(&ground), 1);
}

#[test]
fn f13_four_processes_at_once_build_once() {
    let ground = Ground::new();
    let children: Vec<_> =
        (0..4).map(|_| child::start("processes::child_asks", ground.root(), &[])).collect();
    for running in children {
        child::finish(running);
    }
    assert_eq!(builds(&ground), 1);
}
