//! Real processes: what one built the next finds, and four at once build one.

use std::io::Write;
use std::sync::{Arc, Barrier};

use heirloom::{Factory, Store, Tiers};

use crate::child;
use crate::ground::{Ground, LONG};

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

#[test]
#[ignore = "run by another test, in a process of its own"]
#[expect(unsafe_code, reason = "a fork is unsafe by nature; the argument stands at the block")]
fn child_forks_while_it_builds() {
    let parent = std::process::id();
    let both = || (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let ((entered, release), store) = (both(), Store::open(child::folder().join(".heirloom")).unwrap());
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&release));
    let slow = store.factory("slow").tiers(Tiers { memory: true, disk: false }).build(move |n: &u32| {
        if std::process::id() == parent {
            inside.wait();
            go.wait();
        }
        Ok::<_, std::io::Error>(*n + 1)
    });
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| *slow.get(&1).unwrap());
        entered.wait();
        // SAFETY: the other thread is inside of its builder, where it holds no lock; the child asks once, and ends
        // without any clean-up.
        let forked = unsafe {
            match libc::fork() {
                0 => libc::_exit(slow.get(&1).map_or(-1, |got| (*got).cast_signed())),
                forked => forked,
            }
        };
        let mut status = 0;
        let begun = std::time::Instant::now();
        // SAFETY: the child is ours, and `status` lives.
        while unsafe { libc::waitpid(forked, &raw mut status, libc::WNOHANG) } == 0 {
            if begun.elapsed() > LONG {
                // SAFETY: the child is ours and was not waited for yet.
                unsafe { libc::kill(forked, libc::SIGKILL) };
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        release.wait();
        assert_eq!(leader.join().unwrap(), 2);
        assert!(libc::WIFEXITED(status), "the child waits for a build of its parent");
        assert_eq!(libc::WEXITSTATUS(status), 2);
    });
}

#[test]
fn f13_a_forked_child_does_not_wait_for_a_build_of_its_parent() {
    let ground = Ground::new();
    child::run("processes::child_forks_while_it_builds", ground.root(), &[]);
}
