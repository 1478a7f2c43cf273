//! `--bless` renews the hashes of the format documents on the disk, and checking alone writes nothing.

use std::fs;
use std::path::PathBuf;

use xtask::tidy;

#[test]
fn blessing_writes_and_checking_does_not() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bless");
    let page = root.join("docs/format/key.md");
    fs::create_dir_all(root.join("docs/format")).unwrap();
    fs::create_dir_all(root.join("xtask/src")).unwrap();
    fs::write(root.join("ARCHITECTURE.md"), "A small house.\n").unwrap();
    fs::write(root.join("xtask/src/key.rs"), "//! A key.\n").unwrap();
    let stale = "# Key\n<!-- source: xtask/src/key.rs sha:0 -->\n";
    fs::write(&page, stale).unwrap();

    let said = tidy::run(&root, false).unwrap_err();
    assert!(said.starts_with("docs/format/key.md:2: the source changed"), "{said}");
    assert!(said.ends_with("\n1 finding"), "{said}");
    assert_eq!(fs::read_to_string(&page).unwrap(), stale);

    assert_eq!(tidy::run(&root, true), Ok(()));
    assert_eq!(tidy::run(&root, false), Ok(()));
    assert_ne!(fs::read_to_string(&page).unwrap(), stale);
}
