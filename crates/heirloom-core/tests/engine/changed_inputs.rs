//! F9: inputs are recorded while building and checked before serving.

use std::sync::{Arc, Mutex};

use heirloom_core::Recorder;
use heirloom_core::engine::{Engine, Recipe};
use heirloom_core::identity::Dependency;
use heirloom_core::settings::Revalidate;
use heirloom_core::trail::Reason;

use crate::house::{House, Maker, hit, miss};

/// A maker in a new process that looks at something in the project.
fn looking(house: &House, look: impl Fn(&Recorder) -> Vec<u8> + Send + Sync + 'static) -> Maker {
    Maker::new(&house.open(), house.recipe("tables"), move |recorder, _| Ok(look(recorder)))
}

/// Builds, hits, changes something, and expects a rebuild for exactly this reason.
fn check(
    house: &House,
    look: impl Fn(&Recorder) -> Vec<u8> + Send + Sync + Clone + 'static,
    change: impl Fn(),
    sentence: &str,
) {
    looking(house, look.clone()).get("a");
    hit!(looking(house, look.clone()).get("a"); Disk);
    change();
    let got = miss!(looking(house, look.clone()).get("a"); Reason::DependencyChanged { .. });
    assert_eq!(got.why(), sentence);
    hit!(looking(house, look).get("a"); Disk);
}

#[test]
fn f9_inputs() {
    let house = House::new();
    let file = house.file("a.csv");
    house.write("a.csv", "1");
    let read = move |recorder: &Recorder| recorder.read(&file).unwrap();
    check(&house, read, || house.write("a.csv", "22"), "file ./a.csv changed: 1 → 2 bytes");
}

#[test]
fn f9_a_file_that_is_touched_and_not_changed_still_hits() {
    let house = House::new();
    let file = house.file("a.csv");
    house.write("a.csv", "1");
    let read = move |recorder: &Recorder| recorder.read(&file).unwrap();
    looking(&house, read.clone()).get("a");
    house.write("a.csv", "1");
    hit!(looking(&house, read.clone()).get("a"); Disk);
    std::fs::remove_file(house.file("a.csv")).unwrap();
    house.write("a.csv", "1");
    hit!(looking(&house, read.clone()).get("a"); Disk);
    house.write("a.csv", "2");
    let got = miss!(looking(&house, read.clone()).get("a"); Reason::DependencyChanged { .. });
    assert!(got.why().starts_with("file ./a.csv changed: content "), "{}", got.why());
    house.write("a.csv", "1");
    hit!(looking(&house, read).get("a"); Disk);
}

#[test]
fn f9_a_file_that_is_gone() {
    let house = House::new();
    let file = house.file("a.csv");
    house.write("a.csv", "1");
    let read = move |recorder: &Recorder| recorder.read(&file).unwrap_or_default();
    check(&house, read, || std::fs::remove_file(house.file("a.csv")).unwrap(), "file ./a.csv is gone");
}

#[test]
fn f9_a_file_that_was_absent() {
    let house = House::new();
    let file = house.file("optional.toml");
    let read = move |recorder: &Recorder| recorder.read(&file).unwrap_or_default();
    let sentence = "absence of ./optional.toml is over: it exists now";
    check(&house, read, || house.write("optional.toml", ""), sentence);
}

#[test]
fn f9_a_directory() {
    let house = House::new();
    house.write("a.csv", "1");
    let folder = house.folder.path().join("project");
    let list = move |recorder: &Recorder| vec![0; recorder.read_dir(&folder).unwrap().len()];
    looking(&house, list.clone()).get("a");
    house.write("a.csv", "content does not count");
    hit!(looking(&house, list.clone()).get("a"); Disk);
    check(&house, list, || house.write("b.csv", ""), "directory ./ lists other names now");
}

#[test]
fn f9_a_pattern() {
    let house = House::new();
    house.write("a.csv", "1");
    let pattern = house.file("*.csv");
    let glob = move |recorder: &Recorder| vec![0; recorder.glob(&pattern).unwrap().len()];
    looking(&house, glob.clone()).get("a");
    house.write("a.txt", "does not match");
    hit!(looking(&house, glob.clone()).get("a"); Disk);
    check(&house, glob, || house.write("b.csv", "2"), "files ./*.csv match other files now");
}

#[test]
fn f9_a_variable() {
    let zone = |recorder: &Recorder| recorder.variable("TZ").unwrap_or_default().into_encoded_bytes();
    let changes = [
        (None, Some("UTC"), "environment variable TZ is set now"),
        (Some("UTC"), Some("CET"), "environment variable TZ has another value now"),
        (Some("CET"), None, "environment variable TZ is no longer set"),
    ];
    for (old, new, sentence) in changes {
        let house = House::new();
        let set = |value: Option<&str>| {
            let mut variables = house.variables.lock().unwrap();
            variables.remove("TZ");
            variables.extend(value.map(|value| ("TZ".to_owned(), value.into())));
        };
        set(old);
        check(&house, zone, || set(new), sentence);
        set(old);
        hit!(looking(&house, zone).get("a"); Disk);
    }
}

#[test]
fn f9_what_cannot_be_checked_is_said_so() {
    let house = House::new();
    let fetch = |recorder: &Recorder| {
        recorder.unchecked("network", "https://example.org/rates");
        Vec::new()
    };
    looking(&house, fetch).get("a");
    let again = looking(&house, fetch);
    hit!(again.get("a"); Disk);
    let told = again.explain("a").to_string();
    let line = "cannot be checked: network https://example.org/rates; give it a `ttl` or an `epoch`";
    assert!(told.contains(line), "{told}");
}

#[test]
fn f9_declared_inputs_count_without_the_builder() {
    let house = House::new();
    house.write("schema.sql", "1");
    house.write("a.csv", "1");
    let maker = || {
        let mut recipe = house.recipe("tables");
        recipe.declared = vec![house.file("schema.sql"), house.file("*.csv"), house.file("absent")];
        house.maker(&house.open(), recipe)
    };
    maker().get("a");
    hit!(maker().get("a"); Disk);
    for name in ["schema.sql", "a.csv", "absent"] {
        house.write(name, "changed");
        miss!(maker().get("a"); Reason::DependencyChanged { .. });
    }
}

#[test]
fn f9_live_objects_are_checked_when_the_settings_say_so() {
    let house = House::new();
    house.write("a.csv", "1");
    let maker = |revalidate| {
        let (mut recipe, file) = (house.recipe("tables"), house.file("a.csv"));
        recipe.revalidate = revalidate;
        Maker::new(&house.open(), recipe, move |recorder, _| Ok(recorder.read(&file).unwrap()))
    };
    let minute = std::time::Duration::from_mins(1);
    let makers = [maker(Revalidate::Process), maker(Revalidate::Always), maker(Revalidate::After(minute))];
    let [process, always, after] = &makers;
    for maker in &makers {
        maker.get("a");
    }
    house.write("a.csv", "2");
    hit!(process.get("a"); Memory);
    assert_eq!(miss!(always.get("a"); Reason::DependencyChanged { .. }).text(), "2");
    hit!(after.get("a"); Memory);
    house.clock.advance(minute);
    assert_eq!(hit!(after.get("a"); Disk).text(), "2");
    hit!(process.get("a"); Memory);
}

/// `outer` asks for `inner`, which reads a file and keeps its first letter only.
fn nested(house: &House, engine: &Arc<Engine>) -> (Maker, Maker) {
    let file = house.file("a.csv");
    let inner = Maker::new(engine, house.recipe("inner"), move |recorder, _| {
        Ok(recorder.read(&file).unwrap()[..1].to_vec())
    });
    let inside = inner.clone();
    let recipe = Recipe { name: "outer".into(), ..house.recipe("outer") };
    let outer = Maker::new(engine, recipe, move |_, key| {
        let mut text = inside.get(key).bytes();
        text.push(b'!');
        Ok(text)
    });
    (outer, inner)
}

#[test]
fn f9_nested_objects_and_early_cut_off() {
    let house = House::new();
    house.write("a.csv", "a1");
    let (outer, inner) = nested(&house, &house.open());
    assert_eq!(miss!(outer.get("k"); Reason::NeverBuilt).text(), "a!");
    hit!(inner.get("k"); Memory);

    let (outer, _) = nested(&house, &house.open());
    hit!(outer.get("k"); Disk);
    let record = outer.explain("k").record.unwrap();
    assert!(matches!(&record.dependencies[..], [Dependency::Object { factory, .. }] if factory == "inner"));

    house.write("a.csv", "a2");
    let (outer, inner) = nested(&house, &house.open());
    assert_eq!(miss!(inner.get("k"); Reason::DependencyChanged { .. }).text(), "a");
    hit!(outer.get("k"); Disk);

    house.write("a.csv", "b3");
    let (outer, inner) = nested(&house, &house.open());
    let got = miss!(outer.get("k"); Reason::DependencyChanged { .. });
    assert_eq!((got.text().as_str(), got.why().as_str()), ("b!", "object inner(\"k\") would be built anew"));
    assert_eq!(inner.runs(), 1);
    hit!(outer.get("k"); Memory);
}

#[test]
fn f9_a_bypass_inside_a_builder_hands_its_inputs_to_the_outer_build() {
    let house = House::new();
    house.write("a.csv", "a1");
    let maker = || {
        let engine = house.open();
        let file = house.file("a.csv");
        let inner =
            Maker::new(&engine, house.recipe("inner"), move |recorder, _| Ok(recorder.read(&file).unwrap()));
        Maker::new(&engine, house.recipe("outer"), move |_, key| {
            Ok(inner.with(key, heirloom_core::engine::Mode::Bypass).bytes())
        })
    };
    maker().get("k");
    hit!(maker().get("k"); Disk);
    house.write("a.csv", "b22");
    let got = miss!(maker().get("k"); Reason::DependencyChanged { .. });
    assert_eq!(got.why(), "file ./a.csv changed: 2 → 3 bytes");
}

#[test]
fn f9_a_moved_project_still_hits() {
    let house = House::new();
    house.write("a.csv", "1");
    let file = house.file("a.csv");
    looking(&house, move |recorder| recorder.read(&file).unwrap()).get("a");
    let clone = house.folder.path().join("clone");
    std::fs::create_dir(&clone).unwrap();
    std::fs::copy(house.file("a.csv"), clone.join("a.csv")).unwrap();
    let mut options = house.options();
    options.project = Some(clone.clone());
    let tables = house.maker(&Engine::open(options).unwrap(), house.recipe("tables"));
    hit!(tables.get("a"); Disk);
    std::fs::write(clone.join("a.csv"), "22").unwrap();
    tables.forget_memory();
    miss!(tables.get("a"); Reason::DependencyChanged { .. });
}

#[test]
fn f9_a_live_object_is_not_checked_against_what_cannot_change_while_running() {
    let house = House::new();
    let looked = Arc::new(Mutex::new(Vec::new()));
    let maker = || {
        let (mut options, looked) = (house.options(), Arc::clone(&looked));
        options.hooks.code = Arc::new(move |name, _| {
            looked.lock().unwrap().push(name.to_owned());
            None
        });
        let recipe = Recipe { revalidate: Revalidate::Always, ..house.recipe("tables") };
        Maker::new(&Engine::open(options).unwrap(), recipe, |recorder, key| {
            for (name, live) in [("a package", false), ("a plugin", true)] {
                recorder.note(Dependency::Code { name: name.into(), state: String::new(), live });
            }
            Ok(key.as_bytes().to_vec())
        })
    };
    let looked = || std::mem::take(&mut *looked.lock().unwrap());
    let first = maker();
    first.get("a");
    looked();
    hit!(first.get("a"); Memory);
    assert_eq!(looked(), ["a plugin"]);
    hit!(maker().get("a"); Disk);
    assert_eq!(looked(), ["a package", "a plugin"]);
}
