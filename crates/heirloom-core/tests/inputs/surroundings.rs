//! Variables, other objects, and what cannot be checked; and that no input is taken for another.

use heirloom_core::Digest;
use heirloom_core::identity::Dependency;
use heirloom_core::inputs::Checked;

use crate::workshop::Workshop;

#[test]
fn a_variable_counts_by_its_value() {
    let workshop = Workshop::new();
    let set = |value: &str| workshop.environment.lock().unwrap().insert("TZ".into(), value.into());
    let recorded = workshop.recorded(|recorder| assert_eq!(recorder.variable("TZ"), None));
    assert!(workshop.holds(&recorded));
    set("UTC");
    assert_eq!(workshop.change(&recorded), "environment variable TZ is set now");
    let recorded = workshop.recorded(|recorder| assert_eq!(recorder.variable("TZ").unwrap(), "UTC"));
    assert!(workshop.holds(&recorded));
    set("");
    assert_eq!(workshop.change(&recorded), "environment variable TZ has another value now");
    workshop.environment.lock().unwrap().clear();
    assert_eq!(workshop.change(&recorded), "environment variable TZ is no longer set");
}

#[test]
fn the_value_of_a_variable_is_never_stored() {
    let workshop = Workshop::new();
    workshop.environment.lock().unwrap().insert("TOKEN".into(), "hunter2".into());
    let recorded = workshop.recorded(|recorder| recorder.variable("TOKEN"));
    assert!(!serde_json::to_string(&recorded).unwrap().contains("hunter2"));
    assert!(!format!("{recorded:?}").contains("hunter2"));
}

#[test]
fn code_is_looked_at_by_the_face_that_recorded_it() {
    let workshop = Workshop::new();
    let set = |value: &str| workshop.environment.lock().unwrap().insert("plugins.csv".into(), value.into());
    let code = |live| Dependency::Code { name: "plugins.csv".into(), state: "1".into(), live };
    set("1");
    assert!(workshop.holds(&[code(true)]));
    set("2");
    assert_eq!(workshop.change(&[code(true)]), "code of plugins.csv is Some(\"2\") now");
    assert!(code(true).can_change_while_running());
    assert!(!code(false).can_change_while_running());
}

#[test]
fn what_cannot_be_checked_is_recorded_and_holds() {
    let workshop = Workshop::new();
    let recorded = workshop.recorded(|recorder| recorder.unchecked("network", "https://example.org/rates"));
    assert_eq!(recorded[0].to_string(), "network https://example.org/rates");
    assert!(workshop.holds(&recorded));
}

fn object(shown: &str, key: &str) -> Dependency {
    let digest = |text: &str| Digest::of(text.as_bytes());
    let (factory, shown) = ("tables".to_owned(), shown.to_owned());
    Dependency::Object {
        factory,
        key: digest(key),
        shown,
        fingerprint: digest("f"),
        content: None,
        call: None,
    }
}

#[test]
fn no_input_is_taken_for_another() {
    let workshop = Workshop::new();
    let path = workshop.write("rates.csv", "1.5");
    let recorded = workshop.recorded(|recorder| {
        // Long arguments are cut short for people, and may then read the same.
        recorder.note(object("(\"a…\")", "a1"));
        recorder.note(object("(\"a…\")", "a2"));
        recorder.note(object("(\"a…\")", "a2"));
        recorder.unchecked("file", "./rates.csv");
        recorder.file(&path).unwrap();
    });
    assert_eq!(recorded.len(), 4, "{recorded:?}");
}

#[test]
fn clones_of_a_recorder_share_one_list() {
    let workshop = Workshop::new();
    let recorder = workshop.recorder();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let recorder = recorder.clone();
            scope.spawn(move || recorder.variable(&format!("V{thread}")));
        }
    });
    assert_eq!(recorder.recorded().len(), 4);
}

#[test]
fn inputs_come_back_from_json() {
    let workshop = Workshop::new();
    let path = workshop.write("data/rates.csv", "1.5");
    let mut recorded = workshop.recorded(|recorder| {
        recorder.glob(workshop.path("data/*")).unwrap();
        recorder.read_dir(workshop.path("data")).unwrap();
        recorder.exists(workshop.path("missing"));
        recorder.variable("TZ");
        recorder.unchecked("network", "https://example.org/rates");
        recorder.file(&path).unwrap();
    });
    recorded.push(object("(1)", "a"));
    assert_eq!(recorded.len(), 7);
    let json = serde_json::to_string(&recorded).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Dependency>>(&json).unwrap(), recorded);
    assert!(recorded.iter().all(|dependency| workshop.check(dependency) == Checked::Holds));
}
