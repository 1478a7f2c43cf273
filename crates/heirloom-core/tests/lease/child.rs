//! The other processes: this binary again, running one ignored test that plays the part it is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use heirloom_core::disk::{Disk, Holder, Lease, Sought, Waiting};
use heirloom_core::{Digest, Timestamp};

/// Long enough for any machine; only a test that fails waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
const PART: &str = "HEIRLOOM_LEASE_TEST_PART";
const FOLDER: &str = "HEIRLOOM_LEASE_TEST_FOLDER";

/// Starts another process that plays `part` in the store's `folder`.
pub(crate) fn play(part: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "child::plays_its_part", "--nocapture"])
        .env(PART, part)
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for a process to end well, and ends it when it hangs.
pub(crate) fn ended_well(mut child: Child) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "a process failed: {status}");
            return;
        }
        sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    panic!("a process hangs");
}

#[test]
#[ignore = "it is one of the processes that the other tests start"]
fn plays_its_part() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its process what to do")]
    let (part, folder) = (std::env::var(PART).unwrap(), std::env::var_os(FOLDER).unwrap());
    let (words, folder): (Vec<&str>, PathBuf) = (part.split(' ').collect(), folder.into());
    let disk = Disk::open(&folder).unwrap();
    match words[..] {
        ["exclude", rounds] => crate::exclusion::rounds(&disk, &folder, rounds.parse().unwrap()),
        ["hold", name, waits_for] => {
            let lease = take(&disk, name, &[]);
            let _note = lease.waiting_for(digest(waits_for));
            say(&folder, "held");
            sleep(PATIENCE);
        }
        ["fork"] => crate::forks::hold_and_fork(&disk, &folder),
        ["circle", own, inner, other] => crate::circles::build(&disk, &folder, own, inner, other),
        _ => panic!("no such part: {part}"),
    }
}

pub(crate) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(crate) fn holder(name: &str) -> Holder {
    Holder {
        name: name.to_owned(),
        host: "here".to_owned(),
        pid: std::process::id(),
        since: Timestamp::from_nanos(7),
        usual_nanos: Some(1_000),
        waits_for: Vec::new(),
    }
}

pub(crate) fn seek(disk: &Disk, name: &str, outer: &[&Lease], patience: Duration) -> Sought {
    disk.lease(digest(name), &holder(name), outer, Some(patience), &mut |_| Waiting::Goes).unwrap()
}

pub(crate) fn take(disk: &Disk, name: &str, outer: &[&Lease]) -> Lease {
    match seek(disk, name, outer, PATIENCE) {
        Sought::Free(lease) | Sought::Waited(lease) => lease,
        other => panic!("no lease of {name}: {other:?}"),
    }
}

/// Tells the other processes something.
pub(crate) fn say(folder: &Path, word: &str) {
    fs::write(folder.join(word), "").unwrap();
}

/// Waits until some process has said it.
pub(crate) fn heard(folder: &Path, word: &str) {
    let begun = Instant::now();
    while !folder.join(word).exists() {
        assert!(begun.elapsed() < PATIENCE, "nobody said {word}");
        sleep(Duration::from_millis(1));
    }
}

/// The lock files of leases that lie about.
pub(crate) fn lock_files(disk: &Disk) -> Vec<PathBuf> {
    let files = fs::read_dir(disk.layout().locks()).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "lock")).collect()
}
