//! The rules of the house hold in this very repository.

use xtask::{Tree, tidy};

#[test]
fn the_repository_is_tidy() {
    let tree = Tree::read(&xtask::root()).expect("the repository can be read");
    let lines: Vec<String> = tidy::findings(&tree).iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}
