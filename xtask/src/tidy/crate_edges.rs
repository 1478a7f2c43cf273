//! Which crate of ours may depend on which.
//!
//! Promises: 1. a renamed or inherited dependency is recognised by its package name; 2. normal and build
//! dependencies count on every target, dev-dependencies only for the engine, whose tests need none of ours.
//! Refuses to guess: a crate without a row is a finding.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Document, Item, TableLike};

use super::Finding;
use crate::Tree;

/// Each crate, and the crates of ours it may depend on.
const EDGES: [(&str, &[&str]); 9] = [
    ("heirloom", &["heirloom-core", "heirloom-macros", "heirloom-reuse"]),
    ("heirloom-build", &[]),
    ("heirloom-cli", &["heirloom-core"]),
    ("heirloom-core", &["heirloom-policy"]),
    ("heirloom-macros", &["heirloom-build"]),
    ("heirloom-py", &["heirloom-cli", "heirloom-core", "heirloom-policy", "heirloom-reuse"]),
    ("heirloom-policy", &[]),
    ("heirloom-reuse", &["heirloom-policy"]),
    ("xtask", &[]),
];

/// Crates in these folders use ours as a customer would.
const CUSTOMERS: [&str; 3] = ["benches/", "examples/", "fuzz/"];
const FOR_CUSTOMERS: &[&str] = &["heirloom", "heirloom-core", "heirloom-reuse"];

/// The crate whose very tests do without the others.
const ENGINE: &str = "heirloom-core";

type Manifests<'tree> = BTreeMap<&'tree str, (&'tree str, Document<&'tree str>)>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut manifests = Manifests::new();
    for (path, text) in tree.files().filter(|(path, _)| is_manifest(path)) {
        match Document::parse(text) {
            Ok(document) => drop(manifests.insert(path, (text, document))),
            Err(error) => found.push(Finding::new(path, 1, format!("cannot be read: {}", error.message()))),
        }
    }
    let ours: BTreeSet<&str> = manifests.values().filter_map(|(_, document)| package(document)).collect();
    let inherited = manifests.get("Cargo.toml").and_then(|(_, document)| {
        document.get("workspace")?.get("dependencies").and_then(Item::as_table_like)
    });
    for (path, (text, document)) in &manifests {
        let Some(name) = package(document) else { continue };
        let Some(allowed) = allowed(path, name) else {
            found.push(Finding::new(
                path,
                1,
                format!("crate `{name}` has no row among the edges; add it in xtask/src/tidy/crate_edges.rs"),
            ));
            continue;
        };
        for (at, dependency) in dependencies(document, inherited, name == ENGINE) {
            if ours.contains(dependency) && !allowed.contains(&dependency) {
                let line = 1 + text[..at].matches('\n').count();
                found.push(Finding::new(path, line, refusal(name, dependency, allowed)));
            }
        }
    }
    found
}

fn refusal(name: &str, dependency: &str, allowed: &[&str]) -> String {
    let may = if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") };
    format!(
        "`{name}` may not depend on `{dependency}` (it may on: {may}); \
         move what both need to a crate below, or hand it in as a value"
    )
}

fn is_manifest(path: &str) -> bool {
    path == "Cargo.toml" || path.ends_with("/Cargo.toml") && !path.contains("/fixtures/")
}

fn allowed(path: &str, name: &str) -> Option<&'static [&'static str]> {
    if CUSTOMERS.iter().any(|folder| path.starts_with(folder)) {
        return Some(FOR_CUSTOMERS);
    }
    EDGES.iter().find(|(row, _)| *row == name).map(|(_, allowed)| *allowed)
}

fn package<'doc>(document: &'doc Document<&str>) -> Option<&'doc str> {
    document.get("package")?.get("name")?.as_str()
}

/// Package names with the offsets at which they are asked for.
fn dependencies<'doc>(
    document: &'doc Document<&str>,
    inherited: Option<&'doc dyn TableLike>,
    with_dev: bool,
) -> Vec<(usize, &'doc str)> {
    let kinds = ["dependencies", "build-dependencies", "dev-dependencies"];
    let kinds = if with_dev { &kinds[..] } else { &kinds[..2] };
    let targets = document.get("target").and_then(Item::as_table_like);
    let targets = targets.into_iter().flat_map(|table| table.iter().map(|(_, item)| item));
    let mut found = Vec::new();
    for holder in std::iter::once(document.as_item()).chain(targets) {
        for table in kinds.iter().filter_map(|kind| holder.get(kind).and_then(Item::as_table_like)) {
            for (name, item) in table.iter() {
                let key = table.get_key_value(name).and_then(|(key, _)| key.span());
                let root = item.get("workspace").and_then(|_| inherited?.get(name));
                let renamed = root.unwrap_or(item).get("package").and_then(Item::as_str);
                found.push((key.map_or(0, |span| span.start), renamed.unwrap_or(name)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    const CORE: (&str, &str) = ("crates/heirloom-core/Cargo.toml", "[package]\nname = \"heirloom-core\"\n");
    const FACE: (&str, &str) = ("crates/heirloom/Cargo.toml", "[package]\nname = \"heirloom\"\n");
    const REUSE: (&str, &str) =
        ("crates/heirloom-reuse/Cargo.toml", "[package]\nname = \"heirloom-reuse\"\n");

    fn refused(path: &str, manifest: &str, expected: &[&str]) {
        let root = ("Cargo.toml", "[workspace.dependencies]\nengine = { package = \"heirloom-core\" }\n");
        let mut files = vec![root, CORE, FACE, REUSE];
        files.retain(|(other, _)| *other != path);
        files.push((path, manifest));
        expect(check, &files, expected);
    }

    #[test]
    fn allowed_edges_pass() {
        refused(
            "crates/heirloom/Cargo.toml",
            "[package]\nname='heirloom'\n[dependencies]\nengine.workspace=true",
            &[],
        );
        refused(
            "benches/Cargo.toml",
            "[package]\nname='b'\n[dependencies]\nheirloom={path=''}\nmoka='1'",
            &[],
        );
        refused(
            "crates/r/Cargo.toml",
            "[package]\nname='heirloom-reuse'\n[dev-dependencies]\nheirloom='1'",
            &[],
        );
    }

    #[test]
    fn forbidden_edges_are_found_where_they_stand() {
        refused(
            "crates/heirloom-cli/Cargo.toml",
            "[package]\nname='heirloom-cli'\n[dependencies]\nserde='1'\nheirloom.workspace=true\n",
            &["crates/heirloom-cli/Cargo.toml:5: `heirloom-cli` may not depend on `heirloom` (it may on: \
               heirloom-core); move what both need to a crate below, or hand it in as a value"],
        );
        let reuse = "move what both need to a crate below, or hand it in as a value";
        for table in ["[dependencies]", "[build-dependencies]", "[target.'cfg(unix)'.dependencies]"] {
            let manifest = format!("[package]\nname='heirloom-reuse'\n{table}\nengine.workspace=true\n");
            let line = format!(
                "crates/heirloom-reuse/Cargo.toml:4: `heirloom-reuse` may not depend on `heirloom-core` \
                 (it may on: heirloom-policy); {reuse}"
            );
            refused("crates/heirloom-reuse/Cargo.toml", &manifest, &[&line]);
        }
    }

    #[test]
    fn the_engine_has_no_dev_dependency_of_ours() {
        refused(
            "crates/heirloom-core/Cargo.toml",
            "[package]\nname='heirloom-core'\n[dev-dependencies]\nheirloom-reuse={path=''}",
            &[
                "crates/heirloom-core/Cargo.toml:4: `heirloom-core` may not depend on `heirloom-reuse` (it may on: \
               heirloom-policy); move what both need to a crate below, or hand it in as a value",
            ],
        );
    }

    #[test]
    fn an_unknown_crate_is_found() {
        refused(
            "crates/heirloom-web/Cargo.toml",
            "[package]\nname='heirloom-web'",
            &[
                "crates/heirloom-web/Cargo.toml:1: crate `heirloom-web` has no row among the edges; add it in \
               xtask/src/tidy/crate_edges.rs",
            ],
        );
    }
}
