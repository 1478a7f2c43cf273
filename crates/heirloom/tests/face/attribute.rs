//! `#[cached]` and `#[tracked]`: the rows F8, F15 and F16.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom::{Error, Recorder, State, Store, Traits, cached, tracked, with_store};

static BUILDS: AtomicUsize = AtomicUsize::new(0);

#[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
struct Table {
    columns: Vec<String>,
}

impl Table {
    fn traits(&self) -> Traits {
        Traits::new().with("columns", self.columns.clone())
    }
}

#[tracked]
fn helper(year: u16) -> String {
    format!("y{year}")
}

#[tracked(uses(helper))]
const SUFFIX: &str = "price";

#[cached(name = "tables", counters(dev1 = 3, dev2 = 1), epoch = "7d", traits = Table::traits, uses(SUFFIX))]
fn build_table(path: PathBuf, year: u16) -> Result<Table, std::io::Error> {
    BUILDS.fetch_add(1, Ordering::SeqCst);
    if path.as_os_str().is_empty() {
        return Err(std::io::Error::other("no path"));
    }
    Ok(Table { columns: vec![helper(year), SUFFIX.to_owned()] })
}

#[cached]
fn greeting(name: &str, times: usize) -> String {
    name.repeat(times)
}

#[cached(ignore(loud), key = |name| -> String { let low = name.to_lowercase(); low })]
fn folded(name: &str, loud: bool) -> String {
    if loud { name.to_uppercase() } else { name.to_owned() }
}

#[cached]
fn lines(record: &Recorder, path: PathBuf) -> std::io::Result<usize> {
    Ok(record.read_to_string(&path)?.lines().count())
}

#[cached]
fn nothing() -> u8 {
    7
}

#[cached]
async fn later(n: u32) -> Result<u32, std::num::ParseIntError> {
    "1".parse::<u32>().map(|one| one + n)
}

fn in_a_store(test: impl FnOnce()) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store")).unwrap();
    with_store(&store, test);
}

#[test]
fn f15_one_attribute_and_no_change_to_the_builder() {
    in_a_store(|| {
        let before = BUILDS.load(Ordering::SeqCst);
        assert_eq!(build_table::state("flights.csv".into(), 2013).unwrap(), State::Absent);
        let first = build_table("flights.csv".into(), 2013).unwrap();
        let again = build_table("flights.csv".into(), 2013).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(BUILDS.load(Ordering::SeqCst), before + 1);
        assert_eq!(build_table::state("flights.csv".into(), 2013).unwrap(), State::InMemory);
        let why = build_table::explain("flights.csv".into(), 2013).unwrap();
        assert!(why.to_string().contains("versions {dev1: 3, dev2: 1}"), "{why}");
        let error = build_table(PathBuf::new(), 1).unwrap_err();
        assert_eq!(error.build_error::<std::io::Error>().unwrap().to_string(), "no path");
    });
}

#[test]
fn f16_keys_are_chosen_in_the_annotation() {
    in_a_store(|| {
        assert_eq!(*greeting("ab", 2).unwrap(), "abab");
        assert_eq!(*greeting("ab", 3).unwrap(), "ababab");
        assert_eq!(*folded("Ann", false).unwrap(), "Ann");
        assert_eq!(*folded("ANN", true).unwrap(), "Ann", "the key folds, and `loud` is ignored");
        assert_eq!(folded::state("ann").unwrap(), State::InMemory);
        assert_eq!(*nothing().unwrap(), 7);
    });
}

#[test]
fn f9_a_recorder_is_handed_to_the_body_and_is_no_argument() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "one\ntwo\n").unwrap();
    in_a_store(|| {
        assert_eq!(*lines(path.clone()).unwrap(), 2);
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        let why = lines::explain(path.clone()).unwrap().to_string();
        assert!(why.contains("a.txt changed: 8 → 14 bytes"), "{why}");
        assert_eq!(*lines(path.clone()).unwrap(), 3);
    });
}

#[test]
fn async_functions_are_cached_on_any_executor() {
    in_a_store(|| {
        assert_eq!(*smol::block_on(later(1)).unwrap(), 2);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(*runtime.block_on(later(1)).unwrap(), 2);
        assert_eq!(later::stats().builds, 1);
    });
}

#[test]
fn the_whole_store_can_be_switched_off() {
    in_a_store(|| {
        let before = greeting::stats();
        heirloom::disabled(|| assert_eq!(*greeting("off", 1).unwrap(), "off"));
        assert_eq!(greeting::state("off", 1).unwrap(), State::Absent);
        assert_eq!(greeting::stats().builds, before.builds + 1);
    });
}

#[test]
fn an_expectation_that_cannot_be_met_is_an_error() {
    in_a_store(|| {
        let error: Error =
            build_table::expecting(Traits::new().with("columns", ["nope"]), "x".into(), 1).unwrap_err();
        assert!(error.to_string().contains("`nope` missing from columns"), "{error}");
    });
}
