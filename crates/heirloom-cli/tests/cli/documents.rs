//! The JSON documents and the page that describes them say the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::stage::{Made, Stage};

const PAGE: &str = include_str!("../../../../docs/format/cli-json.md");

/// The fields of each section of the page: name and type.
fn page() -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    let mut sections: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut section = "";
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim_matches('`');
        } else if let Some(row) = line.strip_prefix("| `") {
            let (name, rest) = row.split_once("` | ").unwrap();
            let kind = rest.split(" | ").next().unwrap();
            assert!(sections.entry(section).or_default().insert(name, kind).is_none(), "{name} stands twice");
        }
    }
    sections
}

/// Every field of a document with its type; what the page calls `map` or `core` is not looked into.
fn fields(
    value: &Value,
    path: &str,
    page: &BTreeMap<&str, &str>,
    found: &mut BTreeMap<String, BTreeSet<String>>,
) {
    let mut note = |kind: &str| {
        if !path.is_empty() {
            found.entry(path.to_owned()).or_default().insert(kind.to_owned());
        }
    };
    let opaque = page.get(path).copied().unwrap_or_default().trim_end_matches(" or null");
    match value {
        Value::Null => note("null"),
        Value::Bool(_) => note("bool"),
        Value::String(_) => note("text"),
        Value::Number(number) => note(if number.is_u64() { "integer" } else { "number" }),
        Value::Object(_) if matches!(opaque, "map" | "core") => note(opaque),
        Value::Object(members) => {
            note("object");
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, page, found);
            }
        }
        Value::Array(members) => {
            note("list");
            members.iter().for_each(|value| fields(value, &format!("{path}[]"), page, found));
        }
    }
}

/// Calls that together show every field of every command.
fn documents() -> Vec<(&'static str, Value)> {
    let stage = Stage::furnished();
    let lifetime = heirloom_core::identity::Lifetime {
        ttl: Some(std::time::Duration::from_hours(9)),
        epoch: Some(std::time::Duration::from_hours(99)),
    };
    stage.build(
        &Made { lifetime, code: "load, changed", ..Made::named("tables") },
        &("weather.csv", 2014),
        b"two",
    );
    stage.write("heirloom.toml", "[versions.tables]\nanna = 4\n");
    let orphan = stage.store().join("v1/blobs/ab").join(format!("{}.blob", "ab".repeat(32)));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, b"nobody's").unwrap();
    let cube = "meshes(\"cube\")";
    let weather = "tables(\"weather.csv\", 2014)";
    let mut told = Vec::new();
    let mut call = |command, words: &[&str]| {
        let words: Vec<&str> = [command].iter().chain(words).copied().collect();
        told.push((command, stage.document(&words)));
    };
    call("ls", &[]);
    call("show", &[weather]);
    call("explain", &[]);
    call("explain", &[weather]);
    call("stats", &[]);
    call("du", &[]);
    call("bump", &["tables", "--as", "anna"]);
    call("verify", &[]);
    call("gc", &["-n"]);
    call("verify", &["--repair"]);
    call("adopt", &["tables"]);
    call("pin", &[cube]);
    call("unpin", &[cube]);
    std::fs::write(&orphan, b"nobody's").unwrap();
    call("gc", &[]);
    call("clear", &["meshes", "--yes"]);
    call("clear", &["--yes"]);
    call("explain", &[cube]);
    call("completions", &["bash"]);
    call("man", &[]);
    told.push(("error", stage.document(&["show", "0000"])));
    told
}

#[test]
fn the_page_lists_exactly_the_fields_of_the_documents() {
    let page = page();
    let mut found: BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (command, mut document) in documents() {
        if command != "error" {
            let members = document.as_object_mut().unwrap();
            assert_eq!(members.remove("command"), Some(command.into()));
            assert_eq!(members.remove("format"), Some(1.into()));
            assert!(members.remove("store").is_some_and(|store| store.is_string() || store.is_null()));
        }
        let known = page.get(command).unwrap_or_else(|| panic!("the page has no section `{command}`"));
        fields(&document, "", known, found.entry(command).or_default());
    }
    let described: BTreeMap<&str, BTreeMap<String, String>> = page
        .iter()
        .filter(|(section, _)| **section != "Every document")
        .map(|(section, rows)| {
            (*section, rows.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect())
        })
        .collect();
    let told: BTreeMap<&str, BTreeMap<String, String>> = found
        .into_iter()
        .map(|(command, rows)| {
            (command, rows.into_iter().map(|(name, kinds)| (name, kind(&kinds))).collect())
        })
        .collect();
    for (command, rows) in &told {
        assert_eq!(
            Some(rows),
            described.get(command),
            "`{command}`: documents on the left, page on the right"
        );
    }
    assert_eq!(told.len(), described.len(), "every section is tried");
}

/// Several types of one field in the words of the page.
fn kind(kinds: &BTreeSet<String>) -> String {
    let mut kinds = kinds.clone();
    let nullable = kinds.remove("null") && !kinds.is_empty();
    let one = kinds.into_iter().collect::<Vec<_>>().join(" or ");
    let one = if one.is_empty() { "null".to_owned() } else { one };
    if nullable { format!("{one} or null") } else { one }
}
