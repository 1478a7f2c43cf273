//! A format document and the code it describes change together.
//!
//! A page in `docs/format/` names its sources in lines `<!-- source: path sha:HEX -->`. When a source is no longer
//! the one that was read, the page must be read again.
//!
//! Promises: 1. the hash is FNV-1a of 64 bits over the text with `\n` line ends, equal on every machine; 2. only
//! `--bless` writes. Refuses security: this reminds, it does not guard.

use super::Finding;
use crate::Tree;
use crate::tree::ending;

const FOLDER: &str = "docs/format/";
const OPENING: &str = "<!-- source:";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (page, text) in pages(tree) {
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| text.trim().starts_with(OPENING)) {
            found.extend(refusal(tree, text).map(|sentence| Finding::new(page, line, sentence)));
        }
    }
    found
}

/// The pages whose hashes must be renewed, with their new texts.
pub(super) fn blessed(tree: &Tree) -> Vec<(String, String)> {
    let renewed = pages(tree).map(|(page, text)| {
        let lines = text.split_inclusive('\n').map(|line| match source(line) {
            Some((path, hash)) => match tree.text(path) {
                Some(text) => line.replacen(&format!("sha:{hash}"), &format!("sha:{}", hash_of(text)), 1),
                None => line.to_owned(),
            },
            None => line.to_owned(),
        });
        (page, text, lines.collect::<String>())
    });
    renewed.filter(|(_, old, new)| old != new).map(|(page, _, new)| (page.to_owned(), new)).collect()
}

fn pages(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter(|(path, _)| path.starts_with(FOLDER) && ending(path) == "md")
}

fn refusal(tree: &Tree, line: &str) -> Option<String> {
    let Some((path, hash)) = source(line) else {
        return Some("the source cannot be read; write `<!-- source: path sha:HEX -->`".to_owned());
    };
    match tree.text(path) {
        None => Some(format!("source {path} does not exist; name the file that holds this format now")),
        Some(text) if hash_of(text) == hash => None,
        Some(_) => Some(format!(
            "the source changed ({path}); read the page again and run `cargo xtask tidy --bless`"
        )),
    }
}

/// The path and the hash in one source line.
fn source(line: &str) -> Option<(&str, &str)> {
    let (path, hash) = line.trim().strip_prefix(OPENING)?.strip_suffix("-->")?.trim().split_once(' ')?;
    Some((path, hash.trim().strip_prefix("sha:")?))
}

fn hash_of(text: &str) -> String {
    let normalised = text.replace("\r\n", "\n");
    let hash = normalised.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    const PAGE: &str = "docs/format/key.md";
    const SOURCE: &str = "crates/a/src/key.rs";

    fn refused(page: &str, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|line| format!("{PAGE}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(check, &[(PAGE, page), (SOURCE, "a")], &expected);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(hash_of(""), "cbf29ce484222325");
        assert_eq!(hash_of("a"), "af63dc4c8601ec8c");
        assert_eq!(hash_of("foobar"), "85944171f73967e8");
        assert_eq!(hash_of("a\r\nb"), hash_of("a\nb"));
    }

    #[test]
    fn a_changed_source_is_found() {
        refused("# Key\n<!-- source: crates/a/src/key.rs sha:af63dc4c8601ec8c -->\n", &[]);
        refused("No source.\n", &[]);
        expect(check, &[("docs/guide.md", "<!-- source: lost.rs sha:0 -->")], &[]);
        refused(
            "# Key\n<!-- source: crates/a/src/key.rs sha:0 -->\n",
            &[
                "2: the source changed (crates/a/src/key.rs); read the page again and run `cargo xtask tidy --bless`",
            ],
        );
        refused(
            "<!-- source: crates/a/src/lost.rs sha:0 -->",
            &["1: source crates/a/src/lost.rs does not exist; name the file that holds this format now"],
        );
        refused(
            "<!-- source: crates/a/src/key.rs -->",
            &["1: the source cannot be read; write `<!-- source: path sha:HEX -->`"],
        );
    }

    #[test]
    fn blessing_renews_hashes_and_nothing_else() {
        let old = "# Key\n<!-- source: crates/a/src/key.rs sha:00 -->\nsha:00\n";
        let new = "# Key\n<!-- source: crates/a/src/key.rs sha:af63dc4c8601ec8c -->\nsha:00\n";
        let tree = Tree::of(&[(PAGE, old), (SOURCE, "a"), ("docs/format/other.md", "No source.")]);
        assert_eq!(blessed(&tree), [(PAGE.to_owned(), new.to_owned())]);
        assert!(blessed(&Tree::of(&[(PAGE, new), (SOURCE, "a")])).is_empty());
    }
}
