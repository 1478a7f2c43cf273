//! The commands that only look: `ls`, `show`, `explain`, `stats`, `du`, and how a KEY is understood.

use crate::stage::{HOUR, Made, START, Stage};

#[test]
fn ls_lists_by_factory_and_age() {
    let stage = Stage::furnished();
    let out = stage.fine(&["ls"]);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("KEY") && lines[0].contains("NAME"), "{out}");
    assert!(lines[1].contains("meshes(\"cube\")") && lines[1].contains("1 h ago"), "{out}");
    assert!(lines[2].contains("tables(\"flights.csv\", 2013)") && lines[2].contains("2 h ago"), "{out}");
    assert!(lines[2].contains("39.1 KiB") && lines[2].contains("{anna: 3}"), "{out}");
    assert!(lines[3].contains("tables(\"weather.csv\", 2014)"), "{out}");
    assert!(lines[4].starts_with("3 entries, 39.3 KiB"), "{out}");
    let one = stage.fine(&["ls", "meshes"]);
    assert!(one.contains("meshes") && !one.contains("tables"), "{one}");
}

#[test]
fn ls_keeps_to_the_width_of_a_terminal() {
    let mut stage = Stage::furnished();
    stage.terminal = Some(60);
    let out = stage.fine(&["--color", "never", "ls"]);
    assert!(out.lines().all(|line| line.chars().count() <= 60), "{out}");
    assert!(!out.contains('\u{1b}'));
    assert!(stage.fine(&["ls"]).contains("\u{1b}[1m"), "a terminal gets colours");
    stage.set("NO_COLOR", "1");
    assert!(!stage.fine(&["ls"]).contains('\u{1b}'));
    assert!(stage.fine(&["ls", "--color=always"]).contains("\u{1b}[1m"), "asking wins");
}

#[test]
fn ls_of_an_unknown_factory_names_the_nearest() {
    let stage = Stage::furnished();
    let answer = stage.run(&["ls", "tabels"]);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.err, "error: nothing of `tabels` is kept; did you mean `tables`?\n");
}

#[test]
fn show_tells_everything_of_one_object() {
    let stage = Stage::furnished();
    let entry = stage.entry("tables(\"flights");
    let out = stage.fine(&["show", &entry[..8]]);
    for part in [
        "tables(\"flights.csv\", 2013)\n",
        &format!("  entry         {entry}\n"),
        "  size          39.1 KiB (40064 bytes)\n",
        "  built         2026-11-21T08:15:00Z (2 h ago)\n",
        "  versions      {anna: 3}\n",
        "  pinned        no\n",
        "  built by      trial, process 7 on attic\n",
        "  codec         plain/1\n",
        "  code          load (src/etl.rs:12) ",
        "  traits        columns: carrier, price\n",
        "  inputs        2\n",
        "file ./input.csv\n",
        "network https://example.org/rates\n",
        "  trail         memory: ",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    let by_name = stage.fine(&["show", "tables(\"flights.csv\", 2013)"]);
    assert_eq!(by_name, out, "by name as by digest");
    assert_eq!(stage.fine(&["show", &entry.to_uppercase()]), out, "capital letters, too");
}

#[test]
fn show_cuts_long_lists_with_a_count() {
    let stage = Stage::new();
    let engine = stage.engine();
    let factory = engine.register(crate::stage::recipe(&Made::named("many"))).unwrap();
    let key = heirloom_core::identity::Key::of(factory.name(), &1).unwrap();
    let request = heirloom_core::engine::Request::get(&factory, key);
    heirloom_core::engine::resolve(&engine, &request, &mut |recorder| {
        (0..33).for_each(|number| recorder.unchecked("network", format!("https://example.org/{number}")));
        Ok(heirloom_core::object::Object::new(std::sync::Arc::new(vec![1_u8]), 0))
    })
    .unwrap();
    drop(engine);
    stage.write("heirloom.toml", "");
    let cut = stage.fine(&["show", "many(1)"]);
    assert!(cut.contains("  inputs        33\n") && cut.contains("… 13 more (--all shows them)"), "{cut}");
    assert_eq!(cut.matches("https://").count(), 20);
    assert_eq!(stage.fine(&["show", "many(1)", "--all"]).matches("https://").count(), 33);
    assert_eq!(stage.document(&["show", "many(1)"])["entries"][0]["record"]["unchecked"], 33);
}

#[test]
fn a_key_means_all_its_versions_and_an_entry_only_itself() {
    let stage = Stage::furnished();
    let counters = [("anna", 4)];
    let made = Made { counters: &counters, ..Made::named("tables") };
    stage.build(&made, &("flights.csv", 2013), b"newer");
    let both = stage.document(&["show", "tables(\"flights.csv\", 2013)"]);
    let entries = both["entries"].as_array().unwrap();
    let versions: Vec<u64> = entries.iter().map(|one| one["versions"]["anna"].as_u64().unwrap()).collect();
    assert_eq!(versions, [4, 3], "the youngest first");
    let by_key = stage.document(&["show", entries[0]["key"].as_str().unwrap()]);
    assert_eq!(by_key["entries"].as_array().unwrap().len(), 2);
    let by_entry = stage.document(&["show", entries[1]["entry"].as_str().unwrap()]);
    assert_eq!(by_entry["entries"].as_array().unwrap().len(), 1);
    assert_eq!(by_entry["entries"][0]["versions"]["anna"], 3);
    assert_eq!(by_entry["entries"][0]["record"]["differs"][0], "anna 3 → 4");
}

#[test]
fn explain_tells_the_last_builds() {
    let stage = Stage::furnished();
    let out = stage.fine(&["explain"]);
    assert_eq!(out.matches("built 2026-").count(), 3, "{out}");
    assert!(out.contains("meshes(\"cube\")\n  built 2026-11-21T09:15:00Z (1 h ago): never built\n"), "{out}");
    assert!(out.ends_with("ask `explain` there what a request would do\n"), "{out}");
    let tables = stage.fine(&["explain", "tables"]);
    assert!(tables.contains("weather") && !tables.contains("meshes"), "{tables}");
}

#[test]
fn explain_shows_the_twenty_youngest() {
    let stage = Stage::new();
    let engine = stage.engine();
    let factory = engine.register(crate::stage::recipe(&Made::named("many"))).unwrap();
    for number in 0..23 {
        stage.request(&engine, &factory, &number, b"x");
        stage.wait(1_000_000_000);
    }
    stage.write("heirloom.toml", "");
    let out = stage.fine(&["explain"]);
    assert!(out.starts_with("many(22)\n") && out.contains("… 3 older builds (--all shows them)"), "{out}");
    let (some, all) = (stage.document(&["explain"]), stage.document(&["explain", "--all"]));
    assert_eq!(some["trails"].as_array().unwrap().len(), 20);
    assert_eq!(some["trails_in_all"], 23);
    assert_eq!(all["trails"].as_array().unwrap().len(), 23);
}

#[test]
fn explain_of_one_object_tells_why_from_what_and_what_differs() {
    let stage = Stage::furnished();
    stage.write("heirloom.toml", "[versions.tables]\nanna = 5\n");
    stage.fine(&["pin", "tables(\"flights.csv\", 2013)"]);
    let out = stage.fine(&["explain", "tables(\"flights.csv\", 2013)"]);
    for part in [
        "built 2026-11-21T08:15:00Z (2 h ago)\n",
        "    pinned: kept from every eviction\n",
        "in process 7 on attic\n",
        "    disk: miss: never built\n",
        "    made from 2 inputs: file ./input.csv, network https://example.org/rates\n",
        "    cannot be checked: network https://example.org/rates; give its factory a `ttl` or an `epoch`\n",
        "    differs from the factory as it was seen last: anna 3 → 5\n",
        "  last build 2026-11-21T08:15:00Z (2 h ago): never built\n",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

/// A factory whose code is known by its text.
fn written(stage: &Stage, code: &str, told: bool) {
    let made = Made { code, ..Made::named("tables") };
    let (engine, mut recipe) = (stage.engine(), crate::stage::recipe(&made));
    if !told {
        recipe.texts = None;
    }
    let factory = engine.register(recipe).unwrap();
    stage.request(&engine, &factory, &2013, b"x");
}

#[test]
fn explain_shows_how_the_source_differs() {
    let stage = Stage::new();
    stage.write("heirloom.toml", "");
    written(&stage, "fn load(x: f64) {\n    x * 0.5\n}", true);
    stage.wait(HOUR);
    written(&stage, "fn load(x: f64) {\n    x * 0.7\n}", true);
    let told = "differs from the factory as it was seen last: `load` changed in src/etl.rs:12: `x * 0.5` → `x * 0.7`\n";
    let plain = stage.fine(&["explain", "tables(2013)"]);
    assert!(plain.contains(told) && !plain.contains("---"), "{plain}");
    let trails = stage.fine(&["explain"]);
    assert!(
        trails.contains("`load` changed in src/etl.rs:12: `x * 0.5` → `x * 0.7` (the entry was"),
        "{trails}"
    );
    for words in [&["explain", "tables(2013)", "--diff"][..], &["explain", "tables", "--diff"]] {
        let out = stage.fine(words);
        let lines = "@@ -1,3 +1,3 @@\n fn load(x: f64) {\n-    x * 0.5\n+    x * 0.7\n }\n";
        assert!(out.contains(lines) && out.contains("+++ load in src/etl.rs:12 (as seen last, "), "{out}");
        assert_eq!(out.matches("--- load").count(), 1, "{out}");
    }
    let document = stage.document(&["explain", "tables(2013)", "--diff"]);
    assert_eq!(document["diffs"][0]["part"], "load");
    assert_eq!(stage.document(&["explain", "tables(2013)"])["diffs"].as_array().unwrap().len(), 0);
}

#[test]
fn adopt_and_pin_show_first_how_the_source_differs() {
    let mut stage = Stage::new();
    stage.write("heirloom.toml", "");
    written(&stage, "fn load(x: f64) {\n    x * 0.5\n}", true);
    stage.wait(HOUR);
    written(&stage, "fn load(x: f64) {\n    x * 0.7\n}", true);
    let lines = "-    x * 0.5\n+    x * 0.7\n }\n";
    for (words, done) in [(&["pin", "tables(2013)"][..], "pinned"), (&["adopt", "tables"], "will be served")]
    {
        let out = stage.fine(words);
        let (shown, told) = out.split_once(lines).unwrap_or_else(|| panic!("{out}"));
        assert!(!shown.contains(done) && told.contains(done), "{out}");
    }
    stage.answer = Some(|| Ok("\n".into()));
    let no = stage.run(&["adopt", "tables"]);
    assert!(no.out.ends_with(&format!("{lines}nothing was adopted\n")), "{no:?}");
    assert_eq!(no.code, 1);
    assert!(no.err.starts_with("Vouch for "), "{no:?}");
    assert!(stage.fine(&["adopt", "tables", "--yes"]).contains("will be served"));
    assert_eq!(stage.document(&["adopt", "tables"])["diffs"][0]["part"], "load");
}

#[test]
fn explain_says_when_a_source_was_not_kept() {
    let stage = Stage::new();
    stage.write("heirloom.toml", "");
    written(&stage, "old", false);
    stage.wait(HOUR);
    written(&stage, "new", true);
    let out = stage.fine(&["explain", "tables(2013)", "--diff"]);
    let told = "`load` of tables changed in src/etl.rs:12; its source was not kept, so only that is known\n";
    assert!(out.contains(told), "{out}");
}

#[test]
fn explain_remembers_what_was_removed() {
    let stage = Stage::furnished();
    stage.fine(&["clear", "meshes", "--yes"]);
    let out = stage.fine(&["explain", "meshes(\"cube\")"]);
    assert!(out.contains("an entry was removed 2026-11-21T10:15:00Z (just now) by clear\n"), "{out}");
    let told = stage.document(&["explain", "meshes(\"cube\")"]);
    assert_eq!(told["removed"]["by"], "clear");
    assert_eq!(told["removed"]["at"]["nanos"], START + 2 * HOUR);
    assert_eq!(told["entries"].as_array().unwrap().len(), 0);
    let answer = stage.run(&["show", "meshes(\"cube\")"]);
    assert_eq!(answer.code, 1, "it is no longer kept: {answer:?}");
}

#[test]
fn stats_count_hits_and_the_time_they_saved() {
    let stage = Stage::furnished();
    let made = Made::named("tables");
    let engine = stage.engine();
    let factory = engine.register(crate::stage::recipe(&made)).unwrap();
    stage.request(&engine, &factory, &("flights.csv", 2013), b"never built again");
    drop((factory, engine));
    let told = stage.document(&["stats"]);
    let tables = &told["factories"][1];
    assert_eq!(
        (&tables["factory"], &tables["entries"], &tables["hits"]),
        (&"tables".into(), &2.into(), &1.into())
    );
    let built = stage.document(&["ls", "tables"])["entries"][0]["build_nanos"].as_u64().unwrap();
    assert_eq!(tables["saved_nanos"].as_u64().unwrap(), built);
    assert_eq!(told["total"]["entries"], 3);
    let out = stage.fine(&["stats"]);
    assert!(out.starts_with("FACTORY") && out.lines().count() == 4 && out.contains("\ntotal"), "{out}");
    assert!(!stage.fine(&["stats", "tables"]).contains("meshes"));
}

#[test]
fn du_adds_up() {
    let stage = Stage::furnished();
    let counters = [("anna", 4)];
    let made = Made { counters: &counters, ..Made::named("tables") };
    stage.build(&made, &("flights.csv", 2013), &vec![7; 40_000]);
    let told = stage.document(&["du"]);
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    assert_eq!(told["factories"][0]["factory"], "tables", "the largest first");
    assert_eq!(told["factories"][0]["entries"], 3);
    let sum: u64 =
        told["factories"].as_array().unwrap().iter().map(|factory| number(&factory["bytes"])).sum();
    assert_eq!(sum, number(&told["objects"]["bytes"]), "content that two versions share counts once");
    let folder = &told["folder"];
    assert!(number(&folder["blobs_bytes"]) >= 40_064 && number(&folder["registry_bytes"]) > 0, "{told}");
    assert!(number(&folder["bytes"]) > number(&folder["blobs_bytes"]) + number(&folder["records_bytes"]));
    let out = stage.fine(&["du"]);
    assert!(out.contains("\ntotal") && out.contains("whole folder"), "{out}");
}
