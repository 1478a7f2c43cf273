//! The JSON documents and the page that describes them say the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::stage::{Made, Stage};

const PAGE: &str = include_str!("../../../../docs/format/cli-json.md");

type Rows = BTreeMap<String, String>;

/// The rows of each section of the page, as they are written: field and type.
fn sections() -> BTreeMap<&'static str, Vec<(&'static str, &'static str)>> {
    let mut sections: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut section = "";
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        } else if let Some(row) = line.strip_prefix("| `") {
            let (name, rest) = row.split_once("` | ").unwrap();
            sections.entry(section).or_default().push((name, rest.split(" | ").next().unwrap()));
        }
    }
    sections
}

/// The fields of each command, with those of the sections that they point to.
fn page() -> BTreeMap<String, Rows> {
    let sections = sections();
    let commands = sections.keys().filter(|name| name.starts_with('`'));
    let rows = |name: &&'static str| {
        let mut rows = Rows::new();
        expand(&sections, name, "", &mut rows);
        (name.trim_matches('`').to_owned(), rows)
    };
    commands.map(rows).collect()
}

fn expand(sections: &BTreeMap<&str, Vec<(&str, &str)>>, section: &str, path: &str, rows: &mut Rows) {
    for (name, kind) in &sections[section] {
        let (one, or_null) = match kind.strip_suffix(" or null") {
            Some(one) => (one, " or null"),
            None => (*kind, ""),
        };
        let path = format!("{path}{name}");
        let kind = match one.strip_prefix("list of ") {
            _ if *name == ".." => {
                expand(sections, one, path.trim_end_matches(".."), rows);
                continue;
            }
            Some("text") => {
                rows.insert(format!("{path}[]"), "text".into());
                "list"
            }
            Some(one) => {
                expand(sections, one, &format!("{path}[]."), rows);
                "list"
            }
            None if sections.contains_key(one) => {
                expand(sections, one, &format!("{path}."), rows);
                if or_null.is_empty() {
                    continue;
                }
                "object"
            }
            None => one,
        };
        assert!(rows.insert(path.clone(), format!("{kind}{or_null}")).is_none(), "{path} stands twice");
    }
}

/// Every field of a document with its type; what the page calls `map` or `core` is not looked into.
fn fields(value: &Value, path: &str, page: &Rows, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut note = |kind: &str| {
        found.entry(path.to_owned()).or_default().insert(kind.to_owned());
    };
    let described = page.get(path).map_or("", String::as_str);
    match value {
        Value::Null => note("null"),
        Value::Bool(_) => note("bool"),
        Value::String(_) if described == "core" => note("core"),
        Value::String(_) => note("text"),
        Value::Number(number) => note(if number.is_u64() { "integer" } else { "number" }),
        Value::Object(_) if matches!(described, "map" | "core") => note(described),
        Value::Object(members) => {
            // An object has a row of its own only when it may be null.
            if described == "object or null" {
                note("object");
            }
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, page, found);
            }
        }
        Value::Array(members) => {
            note("list");
            for value in members {
                fields(value, &format!("{path}[]"), page, found);
            }
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
    call("explain", &[weather, "--diff"]);
    call("stats", &[]);
    call("du", &[]);
    call("advise", &["--sample", "expensive", "--calls", "500"]);
    call("bump", &["tables", "--as", "anna"]);
    call("verify", &[]);
    call("gc", &["-n"]);
    call("verify", &["--repair"]);
    call("adopt", &["tables"]);
    call("explain", &[]);
    call("pin", &[cube]);
    call("unpin", &[cube]);
    std::fs::write(&orphan, b"nobody's").unwrap();
    call("gc", &[]);
    call("clear", &["meshes", "--yes"]);
    call("clear", &["--yes"]);
    call("explain", &[cube]);
    stage.set("HEIRLOOM_KEY_FILE", stage.path("key"));
    call("keys", &[]);
    call("keys", &["rotate"]);
    call("keys", &["export"]);
    call("keys", &["rotate"]);
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
    for (command, rows) in &found {
        let described = &page[*command];
        for (field, kinds) in rows {
            let kind =
                described.get(field).unwrap_or_else(|| panic!("`{command}`: the page has no `{field}`"));
            let one = kind.trim_end_matches(" or null");
            let nullable = one != kind;
            for told in kinds {
                assert!(
                    told == one || told == "null" && nullable,
                    "`{command}`: `{field}` is {told}, not {kind}"
                );
            }
        }
        let missing: Vec<&String> = described.keys().filter(|field| !rows.contains_key(*field)).collect();
        assert!(missing.is_empty(), "`{command}`: no document has {missing:?}");
    }
    assert_eq!(found.len(), page.len(), "every section is tried");
}
