//! F13: two identical requests never build twice, among threads and among processes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use heirloom_core::engine::{Approach, Context, Notice, approach, arrive};

use crate::child::{self, say};
use crate::house::{House, Maker, failure};

#[test]
fn f13_single_flight() {
    let house = House::new();
    let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&release));
    let tables = Maker::new(&house.open(), house.recipe("tables"), move |_, key| {
        inside.wait();
        go.wait();
        Ok(key.into())
    });
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| tables.get("a"));
        entered.wait();
        let others: Vec<_> = (0..8).map(|_| scope.spawn(|| tables.get("a"))).collect();
        release.wait();
        let built = leader.join().unwrap();
        for other in others {
            assert!(built.served.object.same(&other.join().unwrap().served.object));
        }
    });
    assert_eq!(tables.runs(), 1);
}

#[test]
fn f13_an_error_is_shared_by_all_waiters_and_never_kept() {
    let house = House::new();
    let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&release));
    let calls = AtomicUsize::new(0);
    let tables = Maker::new(&house.open(), house.recipe("tables"), move |_, _| {
        if calls.fetch_add(1, Ordering::SeqCst) > 0 {
            return Ok("better".into());
        }
        inside.wait();
        go.wait();
        Err(failure("the file is locked"))
    });
    let request = tables.request("a");
    let ask = || tables.ask(&request);
    std::thread::scope(|scope| {
        let leader = scope.spawn(ask);
        entered.wait();
        let Approach::Wait(waiter) = approach(&tables.engine, &request).unwrap() else { panic!("it leads") };
        release.wait();
        let waited = arrive(&tables.engine, &request, waiter.wait());
        for error in [leader.join().unwrap().unwrap_err(), waited.unwrap_err()] {
            assert!(error.build_error::<std::io::Error>().is_some(), "the builder's own error");
        }
    });
    assert_eq!(tables.engine.stats(&tables.factory).errors, 1);
    assert!(tables.entries().is_empty());
    assert_eq!(ask().unwrap().text(), "better");
}

fn wait_until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn f13_a_panic_frees_the_waiters() {
    let house = House::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let (entered, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (inside, go, seen) = (Arc::clone(&entered), Arc::clone(&release), Arc::clone(&calls));
    let tables = Maker::new(&house.open(), house.recipe("tables"), move |_, key| {
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            inside.wait();
            go.wait();
            panic!("on purpose");
        }
        Ok(key.into())
    });
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| tables.get("a"));
        entered.wait();
        let others: Vec<_> = (0..4).map(|_| scope.spawn(|| tables.get("a"))).collect();
        release.wait();
        assert!(leader.join().is_err(), "the panic reaches the one who ran the builder");
        for other in others {
            assert_eq!(other.join().unwrap().text(), "a");
        }
    });
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert!(!Context::is_active());
}

#[test]
fn f13_asking_for_oneself_is_an_error_that_names_the_cycle() {
    let house = House::new();
    let engine = house.open();
    let ring: Arc<std::sync::OnceLock<[Maker; 2]>> = Arc::default();
    let asking = |name: &str, next: usize| {
        let ring = Arc::clone(&ring);
        Maker::new(&engine, house.recipe(name), move |_, key| {
            let next = &ring.get().unwrap()[next];
            next.ask(&next.request(key)).map(|got| got.bytes())
        })
    };
    let makers = [asking("a", 1), asking("b", 0)];
    ring.set(makers.clone()).ok().unwrap();
    let refusal = makers[0].ask(&makers[0].request("x")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the builders wait for each other in a circle: a(\"x\") → b(\"x\") → a(\"x\"); none can ever finish, so one \
         of them must stop asking"
    );
}

#[test]
fn f13_processes_build_once() {
    let house = House::new();
    let log = house.file("builds");
    std::fs::write(&log, "").unwrap();
    let words = [house.store(), log.clone()].map(|path| path.display().to_string());
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["100"]).collect();
    let mut others: Vec<_> = (0..4).map(|_| child::start("builder", &words)).collect();
    for other in &mut others {
        let said: Vec<String> = other.lines().collect();
        assert_eq!(said.last().map(String::as_str), Some("got value"), "{said:?}");
    }
    others.into_iter().for_each(child::Other::end);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "built\n", "more than one process has built");
}

#[test]
fn f13_a_killed_builder_frees_its_waiters() {
    let house = House::new();
    let log = house.file("builds");
    let words = [house.store(), log.clone()].map(|path| path.display().to_string());
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["600000"]).collect();
    let mut builder = child::start("builder", &words);
    assert_eq!(builder.lines().next().as_deref(), Some("building"));

    let tables = Maker::new(&house.open(), house.recipe("tables"), |_, _| Ok("mine".into()));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| tables.get("shared"));
        let waits = |notice: &Notice| match notice {
            Notice::Waiting { wait, .. } => wait.holder.as_ref().is_some_and(|holder| holder.pid > 0),
            _ => false,
        };
        wait_until(|| house.told.lock().unwrap().iter().any(waits));
        assert_eq!(tables.runs(), 0, "it waits");
        builder.kill();
        assert_eq!(waiter.join().unwrap().text(), "mine");
    });
    assert!(house.told.lock().unwrap().iter().any(|notice| matches!(notice, Notice::WaitOver { .. })));
}

/// The role `builder`: asks for one object whose build takes a while and is noted in a file.
pub(crate) fn build_in_child(words: &[&str]) {
    let [store, log, pause] = words else { panic!("three words") };
    let house = House::new();
    let mut options = house.options();
    options.folder = Some(Path::new(store).to_owned());
    let engine = heirloom_core::engine::Engine::open(options).unwrap();
    let (log, pause) = ((*log).to_owned(), pause.parse().unwrap());
    let tables = Maker::new(&engine, house.recipe("tables"), move |_, _| {
        use std::io::Write;
        say("building");
        std::thread::sleep(Duration::from_millis(pause));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        file.write_all(b"built\n").unwrap();
        Ok("value".into())
    });
    say(&format!("got {}", tables.get("shared").text()));
}
