//! Single flight among threads, and circles of builders: the row F13.

use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, OnceLock};

use heirloom::{Context, ErrorKind, Factory, Store};

use crate::ground::{Builds, Ground, alive};

#[derive(Debug)]
struct Refusal(usize);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused {} times", self.0)
    }
}

impl std::error::Error for Refusal {}

#[test]
fn f13_an_error_reaches_every_waiter_and_is_not_kept() {
    alive(|| {
        let builds = Builds::default();
        let (started, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (counted, begun, go) = (builds.clone(), Arc::clone(&started), Arc::clone(&wait));
        let ground = Ground::new();
        let failing = ground.open().factory::<u8>("failing").build(move |_: &u8| {
            counted.count();
            if counted.so_far() == 1 {
                begun.wait();
                go.wait();
                return Err(Refusal(1));
            }
            Ok(7)
        });
        let ask = |failing: Factory<u8, u8>| std::thread::spawn(move || failing.get(&1));
        let leader = ask(failing.clone());
        started.wait();
        let (errors, waiters) = (Mutex::new(0), (0..4).map(|_| ask(failing.clone())).collect::<Vec<_>>());
        // The waiters have to be in their seats; one that is late builds, and gets the object.
        std::thread::sleep(std::time::Duration::from_millis(200));
        wait.wait();
        for thread in std::iter::once(leader).chain(waiters) {
            match thread.join().unwrap() {
                Err(error) => {
                    assert_eq!(error.build_error::<Refusal>().unwrap().0, 1);
                    assert_eq!(error.kind(), ErrorKind::Build);
                    *errors.lock().unwrap() += 1;
                }
                Ok(object) => assert_eq!(*object, 7),
            }
        }
        assert!(*errors.lock().unwrap() >= 2, "at least one waiter shares the leader's error");
        assert_eq!(*failing.get(&1).unwrap(), 7, "the error was not kept");
    });
}

#[test]
fn f13_a_panic_reaches_the_one_who_ran_it_and_frees_the_waiters() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let (started, begun) = channel();
        let counted = builds.clone();
        let panicking = ground.open().factory::<u8>("panicking").build(move |_: &u8| {
            counted.count();
            if counted.so_far() == 1 {
                started.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(100));
                panic!("the builder's own words");
            }
            Ok::<_, std::io::Error>(7)
        });
        let other = panicking.clone();
        let leader = std::thread::spawn(move || other.get(&1));
        begun.recv().unwrap();
        assert_eq!(*panicking.get(&1).unwrap(), 7);
        let words = leader.join().unwrap_err();
        assert_eq!(words.downcast_ref::<&str>(), Some(&"the builder's own words"));
        assert_eq!(builds.so_far(), 2);
    });
}

type Slot = Arc<OnceLock<Factory<u32, u32>>>;

/// A factory whose builder asks for another key of its own: 1 → 2 → 3 → 1.
fn circle(store: &Store, next: fn(u32) -> u32) -> Factory<u32, u32> {
    let slot = Slot::default();
    let inner = Arc::clone(&slot);
    let made = store.factory("circle").build(move |n: &u32| {
        let factory = inner.get().ok_or_else(|| std::io::Error::other("not yet"))?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(*factory.get(&next(*n))?)
    });
    slot.get_or_init(|| made.clone());
    made
}

#[test]
fn f13_a_circle_of_builders_is_an_error_that_names_it() {
    let ground = Ground::new();
    let store = ground.open();
    let (own, through) = (circle(&store, |n| n), circle(&store, |n| n % 3 + 1));
    let error = alive(move || own.get(&1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "the builders wait for each other in a circle: circle(1) → circle(1); none can ever finish, so one of them \
         must stop asking"
    );
    let error = alive(move || through.get(&1)).unwrap_err().to_string();
    assert!(error.contains("circle(1) → circle(2) → circle(3) → circle(1)"), "{error}");
}

#[test]
fn f13_a_circle_through_a_thread_with_the_context_is_an_error_too() {
    let ground = Ground::new();
    let slot = Slot::default();
    let inner = Arc::clone(&slot);
    let made = ground.open().factory("threaded").build(move |n: &u32| {
        let context = Context::current().ok_or_else(|| std::io::Error::other("no build is running"))?;
        let factory = inner.get().cloned().ok_or_else(|| std::io::Error::other("not yet"))?;
        let key = *n;
        let thread = std::thread::spawn(move || context.enter(|| factory.get(&key)));
        let object = thread.join().map_err(|_| "the thread panicked")??;
        Ok::<u32, Box<dyn std::error::Error + Send + Sync>>(*object)
    });
    slot.get_or_init(|| made.clone());
    let error = alive(move || made.get(&5)).unwrap_err().to_string();
    assert!(error.contains("threaded(5) → threaded(5)"), "{error}");
}

#[test]
fn f13_two_threads_that_ask_for_each_others_key_close_a_circle_and_do_not_hang() {
    let ground = Ground::new();
    let (slot, both) = (Slot::default(), Arc::new(Barrier::new(2)));
    let (inner, meet) = (Arc::clone(&slot), Arc::clone(&both));
    let first = Arc::new(Mutex::new(0));
    let made = ground.open().factory("crossing").build(move |n: &u32| {
        let factory = inner.get().ok_or_else(|| std::io::Error::other("not yet"))?;
        let met = {
            let mut first = first.lock().unwrap();
            *first += 1;
            *first <= 2
        };
        if met {
            meet.wait();
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(*factory.get(&(3 - *n))?)
    });
    slot.get_or_init(|| made.clone());
    let (left, right) = (made.clone(), made);
    let ask = |factory: Factory<u32, u32>, n: u32| move || factory.get(&n).unwrap_err().to_string();
    let (one, two) = alive(move || {
        let one = std::thread::spawn(ask(left, 1));
        let two = std::thread::spawn(ask(right, 2));
        (one.join().unwrap(), two.join().unwrap())
    });
    for error in [one, two] {
        assert!(error.contains("in a circle") && error.contains("crossing(1)"), "{error}");
    }
}
