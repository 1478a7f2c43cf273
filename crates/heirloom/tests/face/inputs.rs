//! What a builder opens and asks for counts: the rows F7 and F9.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use heirloom::{Context, Recorder, State, Traits, cached, record, with_store};

use crate::ground::{Builds, Ground};

#[test]
fn f7_an_expectation_is_checked_without_loading_and_has_it_built_again() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let tables = |columns: &'static [&'static str]| {
        let (builds, store) = (builds.clone(), ground.open());
        let tables = store
            .factory("tables")
            .traits(|columns: &Vec<String>| Traits::new().with("columns", columns.clone()));
        (
            store,
            tables.build(move |_: &u32| {
                builds.count();
                Ok::<_, std::io::Error>(columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
            }),
        )
    };
    let price = || Traits::new().with("columns", ["price"]);
    tables(&["carrier"]).1.get(&1).unwrap();
    let (store, richer) = tables(&["carrier", "price"]);
    let why = richer.expect(price()).explain(&1).unwrap();
    assert_eq!(why.state, State::Absent);
    assert!(why.to_string().contains("`price` missing from columns"), "{why}");
    assert_eq!(store.memory().bytes, 0, "nothing was loaded to find out");
    assert_eq!(richer.expect(price()).get(&1).unwrap().len(), 2);
    assert_eq!(builds.so_far(), 2);
    let (_, later) = tables(&[]);
    assert_eq!(later.expect(price()).get(&1).unwrap().len(), 2, "the richer one is handed down");
    assert_eq!(smol::block_on(later.expect(price()).get_async(&1)).unwrap().len(), 2);
    assert_eq!(builds.so_far(), 2);
}

/// A helper far below the builder, with no recorder at hand.
fn read_below(path: &Path) -> String {
    record::read_to_string(path).unwrap_or_default()
}

#[cached(name = "f9::helped")]
fn helped(folder: PathBuf) -> String {
    let names = record::read_dir(folder.join("parts")).map(|names| names.len()).unwrap_or_default();
    let zone = record::variable("HEIRLOOM_TEST_NEVER_SET").is_none();
    let first = record::read(folder.join("first.txt")).unwrap_or_default().len();
    let opened = record::open(folder.join("opened.txt")).is_ok();
    format!("{} {names} {zone} {first} {opened}", read_below(&folder.join("below.txt")))
}

#[test]
fn f9_what_helpers_open_through_record_counts() {
    let ground = Ground::new();
    std::fs::create_dir(ground.path("parts")).unwrap();
    ground.write("below.txt", "deep");
    let folder = ground.root().to_owned();
    let state = || with_store(&ground.open(), || helped::state(folder.clone()).unwrap());
    let build = || with_store(&ground.open(), || helped(folder.clone()).unwrap());
    assert_eq!(*build(), "deep 0 true 0 false");
    assert_eq!(state(), State::OnDisk);
    for (name, text) in
        [("below.txt", "DEEP"), ("parts/one.txt", ""), ("first.txt", "now it exists"), ("opened.txt", "")]
    {
        ground.write(name, text);
        assert_eq!(state(), State::Absent, "{name} counts");
        build();
        assert_eq!(state(), State::OnDisk, "{name}");
    }
    assert_eq!(*build(), "DEEP 1 true 13 true");
    assert!(record::current().is_none(), "outside a build these are plain functions");
    assert_eq!(record::read_to_string(ground.path("below.txt")).unwrap(), "DEEP");
    assert_eq!(record::read_dir(ground.path("parts")).unwrap(), [ground.path("parts/one.txt")]);
}

static INNER_BUILDS: AtomicUsize = AtomicUsize::new(0);
static OUTER_BUILDS: AtomicUsize = AtomicUsize::new(0);

/// The length only, so that an edit can leave the content as it was.
#[cached(name = "f9::inner")]
fn inner(record: &Recorder, path: PathBuf) -> std::io::Result<usize> {
    INNER_BUILDS.fetch_add(1, Ordering::SeqCst);
    Ok(record.read(&path)?.len())
}

/// Without inputs, so that a hit is one of the front table.
#[cached(name = "f9::factor")]
fn factor() -> usize {
    2
}

#[cached(name = "f9::outer")]
fn outer(path: PathBuf) -> heirloom::Result<usize> {
    OUTER_BUILDS.fetch_add(1, Ordering::SeqCst);
    Ok(*inner(path)? * *factor()?)
}

/// One test, because both functions count in statics.
#[test]
fn f9_nested_cached_calls_are_recorded_also_on_a_hit_and_checked_before_they_are_asked() {
    let ground = Ground::new();
    let path = ground.write("a.txt", "12345");
    let builds = || (INNER_BUILDS.load(Ordering::SeqCst), OUTER_BUILDS.load(Ordering::SeqCst));
    with_store(&ground.open(), || {
        inner(path.clone()).unwrap();
        factor().unwrap();
        assert_eq!(*outer(path.clone()).unwrap(), 10, "the inner ones are hits in memory here");
        let record = outer::explain(path.clone()).unwrap().record.unwrap();
        let inputs: Vec<_> = record.dependencies.iter().map(ToString::to_string).collect();
        assert_eq!(inputs.len(), 2, "{inputs:?}");
        assert!(inputs[0].starts_with("object f9::factor(") && inputs[1].starts_with("object f9::inner("));
    });
    // A new process, in which nobody has called `inner` yet: the linker's list makes it known.
    with_store(&ground.open(), || assert_eq!(outer::state(path.clone()).unwrap(), State::OnDisk));
    assert_eq!(builds(), (1, 1));
    // The input changes: the inner would be built anew, and the outer names it.
    ground.write("a.txt", "54321");
    with_store(&ground.open(), || {
        let why = outer::explain(path.clone()).unwrap().to_string();
        assert!(why.contains("object f9::inner(") && why.contains("would be built anew"), "{why}");
        // Early cut-off: built to equal content, the outer stays.
        assert_eq!(*inner(path.clone()).unwrap(), 5);
        assert_eq!(outer::state(path.clone()).unwrap(), State::OnDisk);
        assert_eq!(*outer(path.clone()).unwrap(), 10);
        assert_eq!(builds(), (2, 1));
    });
    ground.write("a.txt", "123456");
    with_store(&ground.open(), || {
        assert_eq!(*inner(path.clone()).unwrap(), 6);
        let why = outer::explain(path.clone()).unwrap().to_string();
        assert!(why.contains("object f9::inner(") && why.contains("has other content now"), "{why}");
        assert_eq!(*outer(path.clone()).unwrap(), 12);
        assert_eq!(builds(), (3, 2));
    });
}

#[test]
fn f9_a_live_object_with_inputs_is_looked_at_again_unless_the_process_is_trusted() {
    let ground = Ground::new();
    let store = ground.open();
    let path = ground.write("live.txt", "one");
    let factory = |name: &str, revalidate: &str| {
        store
            .factory(name.to_owned())
            .revalidate(revalidate)
            .build_recorded(|path: &PathBuf, record: &Recorder| record.read_to_string(path))
    };
    let (always, process) = (factory("always", "always"), factory("process", "process"));
    for factory in [&always, &process] {
        assert_eq!(*factory.get(&path).unwrap(), "one");
        assert_eq!(*factory.get(&path).unwrap(), "one");
    }
    ground.write("live.txt", "two!");
    assert_eq!(*always.get(&path).unwrap(), "two!");
    assert_eq!(*process.get(&path).unwrap(), "one", "trusted while the process runs");
    process.refresh(&path).unwrap();
    assert_eq!(*process.get(&path).unwrap(), "two!", "a refreshed object replaces the one in front");
}

#[test]
fn f9_threads_of_a_builder_record_through_its_context_and_tasks_through_theirs() {
    let ground = Ground::new();
    ground.write("thread.txt", "t");
    let store = ground.open();
    let threaded = store.factory("threaded").build(|folder: &PathBuf| {
        let context = Context::current();
        std::thread::scope(|scope| {
            let read = || match &context {
                Some(context) => context.enter(|| record::read_to_string(folder.join("thread.txt"))),
                None => Err(std::io::Error::other("no build is running")),
            };
            scope.spawn(read).join().unwrap()
        })
    });
    let key = ground.root().to_owned();
    assert_eq!(*threaded.get(&key).unwrap(), "t");
    assert_eq!(threaded.explain(&key).unwrap().record.unwrap().dependencies.len(), 1);
    let task = store.factory("task").build_async(|folder: PathBuf, _| async move {
        smol::future::yield_now().await;
        record::read_to_string(folder.join("thread.txt"))
    });
    smol::block_on(task.get_async(&key)).unwrap();
    assert_eq!(task.explain(&key).unwrap().record.unwrap().dependencies.len(), 1);
    let on_a_thread = store.factory("slow").build(|folder: &PathBuf| record::read(folder.join("thread.txt")));
    smol::block_on(on_a_thread.get_async(&key)).unwrap();
    let record = on_a_thread.explain(&key).unwrap().record.unwrap();
    assert_eq!(record.dependencies.len(), 1, "a slow function that a task asks for records too");
}

#[test]
fn f9_what_cannot_be_checked_is_said() {
    let store = Ground::new();
    let rates = store.open().factory("rates").build_recorded(|_: &u8, record: &Recorder| {
        record.unchecked("network", "https://example.org/rates");
        Ok::<_, std::io::Error>(1_u8)
    });
    rates.get(&1).unwrap();
    let why = rates.explain(&1).unwrap();
    assert_eq!(why.unchecked().count(), 1);
    assert!(why.to_string().contains("cannot be checked: network https://example.org/rates"), "{why}");
}
