//! What a bump writes, to the byte: comments, order and formatting stay, and counters end up one blank line apart.

use std::path::Path;

use heirloom_core::settings::{Bumped, bump, set};

const ORIGIN: &str = "heirloom.toml";

#[track_caller]
fn check(text: &str, factory: &str, developer: &str, expected: &str) {
    let bumped = bump(text, Path::new(ORIGIN), factory, developer, 0).expect("it is raised");
    assert_eq!(bumped.text, expected);
}

#[test]
fn comments_order_and_formatting_survive() {
    let text = "# Settings of the project\nmemory   = '4 GiB' # plenty\n\n[versions.t]   # tables\n\
                zoe=1\n# the parser\n  dev1 = 0x3  # hex\n\n\n# the schema\ndev2 = 1_000\n# the end";
    let expected = "# Settings of the project\nmemory   = '4 GiB' # plenty\n\n[versions.t]   # tables\n\
                    zoe=1\n\n# the parser\n  dev1 = 4  # hex\n\n\n# the schema\ndev2 = 1_000\n# the end\n";
    check(text, "t", "dev1", expected);
    check(&text.replace('\n', "\r\n"), "t", "dev1", &expected.replace('\n', "\r\n"));
}

#[test]
fn a_new_developer_is_sorted_in() {
    let text = "[versions.t]\n# first\nb = 1\n\n# second\nd = 1\n\n[cache.t]\n";
    check(text, "t", "a", "[versions.t]\na = 1\n\n# first\nb = 1\n\n# second\nd = 1\n\n[cache.t]\n");
    check(text, "t", "c", "[versions.t]\n# first\nb = 1\n\nc = 1\n\n# second\nd = 1\n\n[cache.t]\n");
    check(text, "t", "e", "[versions.t]\n# first\nb = 1\n\n# second\nd = 1\n\ne = 1\n\n[cache.t]\n");
    check("[versions.t]\n# of t\n\nb = 1", "t", "a", "[versions.t]\n# of t\n\na = 1\n\nb = 1\n");
    check("[versions.t]\nb = 1", "t", "jane.doe@x", "[versions.t]\nb = 1\n\n\"jane.doe@x\" = 1\n");
}

#[test]
fn a_new_table_is_sorted_in() {
    check("", "my_crate::t", "a", "[versions.\"my_crate::t\"]\na = 1\n");
    check("disk = \"1 GiB\"", "t", "a", "disk = \"1 GiB\"\n\n[versions.t]\na = 1\n");
    check("disk = \"1 GiB\"\n\n", "t", "a", "disk = \"1 GiB\"\n\n[versions.t]\na = 1\n");
    let text = "disk = \"1 GiB\"\n# of f\n[versions.f]\na = 1\n[versions.p]\na = 1\n[cache.t]\n";
    let rest = "[versions.p]\na = 1\n[cache.t]\n";
    check(
        text,
        "b",
        "a",
        &format!("disk = \"1 GiB\"\n\n[versions.b]\na = 1\n\n# of f\n[versions.f]\na = 1\n{rest}"),
    );
    check(
        text,
        "g",
        "a",
        &format!("disk = \"1 GiB\"\n# of f\n[versions.f]\na = 1\n\n[versions.g]\na = 1\n\n{rest}"),
    );
    check(
        text,
        "z",
        "a",
        "disk = \"1 GiB\"\n# of f\n[versions.f]\na = 1\n[versions.p]\na = 1\n\n[versions.z]\na = 1\n\n[cache.t]\n",
    );
}

#[test]
fn the_number_rises_by_one_and_to_what_is_asked() {
    let text = "[versions.t]\na = 3\n";
    let raised = |at_least| bump(text, Path::new(ORIGIN), "t", "a", at_least).expect("it is raised");
    assert_eq!((raised(0).old, raised(0).new), (3, 4));
    assert_eq!(raised(4).new, 4);
    assert_eq!(raised(9), Bumped { text: "[versions.t]\na = 9\n".to_owned(), old: 3, new: 9 });
}

#[test]
fn a_number_is_set_as_given() {
    let given = |to| set("[versions.t]\na = 3", Path::new(ORIGIN), "t", "a", to).expect("it is set");
    assert_eq!(given(7), Bumped { text: "[versions.t]\na = 7\n".to_owned(), old: 3, new: 7 });
    assert_eq!(given(3), Bumped { text: "[versions.t]\na = 3".to_owned(), old: 3, new: 3 });
}
