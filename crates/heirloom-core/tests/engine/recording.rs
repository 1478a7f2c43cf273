//! Every call of a recorded factory is one line: key, bytes, build seconds.

use heirloom_core::engine::{Mode, Notice, Recipe};

use crate::house::House;

#[test]
fn every_call_is_one_line_wherever_it_is_served_from() {
    let house = House::new();
    let recipe = || Recipe { record_trace: Some(house.file("calls.csv")), ..house.recipe("tables") };
    let tables = house.maker(&house.open(), recipe());
    tables.get("a");
    tables.get("a");
    tables.get("b");
    tables.with("a", Mode::Bypass);
    // A new process finds them on disk, and appends to the same file.
    house.maker(&house.open(), recipe()).get("a");
    let written = std::fs::read_to_string(house.file("calls.csv")).unwrap();
    let lines: Vec<Vec<&str>> = written.lines().map(|line| line.split(',').collect()).collect();
    let keys: Vec<&str> = lines.iter().map(|fields| fields[0]).collect();
    assert_eq!(keys.len(), 4, "a bypass is no call for memory: {written}");
    assert!(keys[0].starts_with("tables:") && keys[0].len() == "tables:".len() + 16, "{written}");
    assert_eq!((keys[0], keys[0]), (keys[1], keys[3]));
    assert_ne!(keys[0], keys[2]);
    assert!(lines.iter().all(|fields| fields[1].parse::<u64>().unwrap() > 0));
    let seconds: Vec<&str> = lines.iter().map(|fields| fields[2]).collect();
    assert_eq!(
        (seconds[0], seconds[0]),
        (seconds[1], seconds[3]),
        "the build's own time, also when served again"
    );
}

#[test]
fn a_file_that_cannot_be_written_is_told_once_and_breaks_nothing() {
    let house = House::new();
    let path = house.file("no such folder").join("calls.csv");
    let recipe = Recipe { record_trace: Some(path.clone()), ..house.recipe("tables") };
    let tables = house.maker(&house.open(), recipe);
    for key in ["a", "a", "b"] {
        tables.get(key);
    }
    let told = house.told.lock().unwrap();
    let told: Vec<_> = told.iter().filter(|notice| matches!(notice, Notice::Unrecorded { .. })).collect();
    assert_eq!(told.len(), 1);
    assert!(matches!(told[0], Notice::Unrecorded { file, .. } if *file == path));
}
