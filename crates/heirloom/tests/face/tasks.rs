//! Single flight among tasks, under smol and tokio: the row F13.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use heirloom::{ErrorKind, Factory, State, Store, cached, with_store};

use crate::ground::{Builds, Ground, alive};

fn runtimes() -> [tokio::runtime::Runtime; 2] {
    let single = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    [single, multi]
}

/// A builder that waits until it is told to go on.
fn gated(store: &Store, builds: &Builds) -> (Factory<u32, u32>, smol::channel::Sender<()>) {
    let (go, gate) = smol::channel::unbounded::<()>();
    let builds = builds.clone();
    let factory = store.factory("gated").build_async(move |n: u32, _| {
        let (gate, builds) = (gate.clone(), builds.clone());
        async move {
            builds.count();
            gate.recv().await.map(|()| n)
        }
    });
    (factory, go)
}

#[test]
fn f13_waiting_tasks_block_no_executor_thread_on_tokio() {
    alive(|| {
        for runtime in runtimes() {
            let (ground, builds) = (Ground::new(), Builds::default());
            let (factory, go) = gated(&ground.open(), &builds);
            let waiters: Vec<_> = (0..100)
                .map(|_| {
                    let factory = factory.clone();
                    runtime.spawn(async move { factory.get_async(&1).await })
                })
                .collect();
            runtime.block_on(async {
                // Nobody can go on but by this task: it must be polled while a hundred wait.
                for _ in 0..5 {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                go.send(()).await.unwrap();
                let mut objects = Vec::new();
                for waiter in waiters {
                    objects.push(waiter.await.unwrap().unwrap());
                }
                assert!(objects.iter().all(|object| Arc::ptr_eq(object, &objects[0])));
            });
            assert_eq!(builds.so_far(), 1);
        }
    });
}

#[test]
fn f13_waiting_tasks_block_no_executor_thread_on_smol() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let (factory, go) = gated(&ground.open(), &builds);
        let executor = smol::LocalExecutor::new();
        let waiters: Vec<_> =
            (0..100).map(|_| executor.spawn(async { factory.get_async(&1).await.unwrap() })).collect();
        smol::block_on(executor.run(async {
            smol::Timer::after(Duration::from_millis(5)).await;
            go.send(()).await.unwrap();
            for waiter in waiters {
                assert_eq!(*waiter.await, 1);
            }
        }));
        assert_eq!(builds.so_far(), 1);
    });
}

#[test]
fn f13_a_task_that_waits_inside_a_build_tells_the_other_processes() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let store = ground.open();
        let (inner, go) = gated(&store, &builds);
        let asked = inner.clone();
        let outer = store.factory("outer").build_async(move |n: u32, _| {
            let inner = asked.clone();
            async move { inner.get_async(&n).await.map(|got| *got) }
        });
        // What the lease of `outer` says that it waits for.
        let noted = || {
            let locks = std::fs::read_dir(ground.path(".heirloom/v1/locks")).unwrap();
            let texts = locks.filter_map(|lock| std::fs::read_to_string(lock.unwrap().path()).ok());
            texts.filter(|text| text.contains("outer(1)") && !text.contains(r#""waits_for":[]"#)).count()
        };
        smol::block_on(async {
            let mut leader = Box::pin(inner.get_async(&1));
            while builds.so_far() == 0 {
                assert!(smol::future::poll_once(&mut leader).await.is_none());
                smol::Timer::after(Duration::from_millis(1)).await;
            }
            let mut waiter = Box::pin(outer.get_async(&1));
            while noted() == 0 {
                assert!(smol::future::poll_once(&mut waiter).await.is_none());
                smol::Timer::after(Duration::from_millis(1)).await;
            }
            go.send(()).await.unwrap();
            let both = smol::future::zip(leader, waiter).await;
            assert_eq!((*both.0.unwrap(), *both.1.unwrap()), (1, 1));
        });
        assert_eq!((builds.so_far(), noted()), (1, 0));
    });
}

#[test]
fn f13_a_cancelled_builder_hands_its_seat_on() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let (factory, go) = gated(&ground.open(), &builds);
        smol::block_on(async {
            let mut leader = Box::pin(factory.get_async(&1));
            while builds.so_far() == 0 {
                assert!(smol::future::poll_once(&mut leader).await.is_none());
                smol::Timer::after(Duration::from_millis(1)).await;
            }
            let mut waiter = Box::pin(factory.get_async(&1));
            assert!(smol::future::poll_once(&mut waiter).await.is_none());
            drop(leader);
            go.send(()).await.unwrap();
            assert_eq!(*waiter.await.unwrap(), 1);
        });
        assert_eq!(builds.so_far(), 2);
    });
}

#[test]
fn f13_a_slow_function_that_a_task_asked_for_is_kept_also_when_the_task_is_cancelled() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let (go, gate) = smol::channel::unbounded::<()>();
        let counted = builds.clone();
        let factory = ground.open().factory("slow").build(move |n: &u32| {
            counted.count();
            smol::block_on(gate.recv()).map(|()| *n)
        });
        smol::block_on(async {
            let mut leader = Box::pin(factory.get_async(&1));
            while builds.so_far() == 0 {
                assert!(smol::future::poll_once(&mut leader).await.is_none());
                smol::Timer::after(Duration::from_millis(1)).await;
            }
            drop(leader);
            go.send(()).await.unwrap();
            assert_eq!(*factory.get_async(&1).await.unwrap(), 1);
        });
        assert_eq!(builds.so_far(), 1);
    });
}

#[test]
fn f13_an_error_and_a_panic_of_an_async_builder() {
    alive(|| {
        let (ground, builds) = (Ground::new(), Builds::default());
        let counted = builds.clone();
        let failing = ground.open().factory::<u32>("failing").build_async(move |n: u32, _| {
            counted.count();
            let first = counted.so_far() == 1;
            async move {
                smol::Timer::after(Duration::from_millis(50)).await;
                assert_ne!(n, 2, "it panics");
                if first { Err(std::io::Error::other("once")) } else { Ok(n) }
            }
        });
        smol::block_on(async {
            let both = smol::future::zip(failing.get_async(&1), failing.get_async(&1)).await;
            for error in [both.0.unwrap_err(), both.1.unwrap_err()] {
                assert_eq!(error.build_error::<std::io::Error>().unwrap().to_string(), "once");
            }
            assert_eq!(*failing.get_async(&1).await.unwrap(), 1, "the error was not kept");
        });
        for runtime in runtimes() {
            let (one, two) = (failing.clone(), failing.clone());
            let both = [one, two].map(|factory| runtime.spawn(async move { factory.get_async(&2).await }));
            let outcomes = both.map(|task| runtime.block_on(task));
            assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().is_panic()), "each ran it");
        }
    });
}

#[test]
fn f13_a_panic_of_a_slow_function_reaches_the_task_that_asked() {
    alive(|| {
        let ground = Ground::new();
        let factory = ground
            .open()
            .factory::<u8>("slow")
            .build(|_: &u8| -> std::io::Result<u8> { panic!("the builder's own words") });
        let [single, _] = runtimes();
        let task = single.spawn(async move { factory.get_async(&1).await });
        let words = single.block_on(task).unwrap_err().into_panic();
        assert_eq!(words.downcast_ref::<&str>(), Some(&"the builder's own words"));
    });
}

#[test]
fn f13_an_async_builder_is_refused_by_get_and_a_sync_one_is_served_by_get_async() {
    let ground = Ground::new();
    let store = ground.open();
    let later = store.factory("later").build_async(|n: u32, _| async move { Ok::<_, std::io::Error>(n) });
    for error in [later.get(&1), later.refresh(&1), later.bypass(&1)].map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), "this factory's builder is async; ask it with `get_async`");
    }
    assert_eq!(later.stats().errors, 0, "no waiter is handed this error");
    let now = store.factory("now").build(|n: &u32| Ok::<_, std::io::Error>(*n));
    assert_eq!(*smol::block_on(now.get_async(&1)).unwrap(), 1);
    assert!(Arc::ptr_eq(&now.get(&1).unwrap(), &smol::block_on(now.get_async(&1)).unwrap()));
}

#[test]
fn f13_a_circle_inside_async_and_slow_builders_is_an_error() {
    let ground = Ground::new();
    let store = ground.open();
    let slot: Arc<OnceLock<Factory<u32, u32>>> = Arc::default();
    let inner = Arc::clone(&slot);
    let task = store.factory("task").build_async(move |n: u32, _| {
        let inner = Arc::clone(&inner);
        async move {
            smol::future::yield_now().await;
            let factory = inner.get().ok_or("not yet")?;
            Ok::<u32, Box<dyn std::error::Error + Send + Sync>>(*factory.get_async(&(3 - n)).await?)
        }
    });
    slot.get_or_init(|| task.clone());
    let error = alive(move || smol::block_on(task.get_async(&1))).unwrap_err().to_string();
    assert!(error.contains("task(1) → task(2) → task(1)"), "{error}");
    let slot: Arc<OnceLock<Factory<u32, u32>>> = Arc::default();
    let inner = Arc::clone(&slot);
    let slow = store.factory("slow").build(move |n: &u32| {
        let factory = inner.get().ok_or("not yet")?;
        Ok::<u32, Box<dyn std::error::Error + Send + Sync>>(*factory.get(n)?)
    });
    slot.get_or_init(|| slow.clone());
    let error = alive(move || smol::block_on(slow.get_async(&1))).unwrap_err().to_string();
    assert!(error.contains("slow(1) → slow(1)"), "{error}");
}

#[cached(name = "f15::leaf")]
fn leaf(n: u32) -> u32 {
    n
}

#[cached(name = "f15::wandering")]
async fn wandering(n: u32, text: &str) -> heirloom::Result<usize> {
    smol::future::yield_now().await;
    Ok(text.len() + *leaf(n)? as usize)
}

#[test]
fn f15_an_async_call_takes_the_store_of_the_place_where_it_is_called() {
    let (ground, other) = (Ground::new().open(), Store::in_memory());
    let call = with_store(&ground, || wandering(1, "abc"));
    let off = with_store(&ground, || heirloom::disabled(|| wandering(2, "abc")));
    with_store(&other, || {
        let call = pin!(call);
        assert_eq!(*smol::block_on(call).unwrap(), 4);
        assert_eq!(*smol::block_on(off).unwrap(), 5);
    });
    with_store(&ground, || {
        assert_eq!(wandering::state(1, "abc").unwrap(), State::InMemory);
        assert_eq!(leaf::state(1).unwrap(), State::InMemory, "and so do the calls inside it");
        assert_eq!(wandering::state(2, "abc").unwrap(), State::Absent);
        assert_eq!(leaf::state(2).unwrap(), State::Absent, "off is off inside too");
    });
    with_store(&other, || assert_eq!(leaf::state(1).unwrap(), State::Absent));
    let slow = ground.factory("slow").build(|n: &u32| leaf(*n).map(|leaf| *leaf));
    let task = with_store(&other, || slow.get_async(&9));
    assert_eq!(*smol::block_on(task).unwrap(), 9);
    with_store(&other, || assert_eq!(leaf::state(9).unwrap(), State::InMemory, "on its own thread too"));
}

#[test]
fn f13_a_disk_hit_and_a_spawned_async_call_are_served_on_every_runtime() {
    let ground = Ground::new();
    with_store(&ground.open(), || smol::block_on(wandering(7, "x")).unwrap());
    for runtime in runtimes() {
        let store = ground.open();
        let task = with_store(&store, || wandering(7, "x"));
        let done = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&done);
        let spawned = runtime.spawn(async move {
            let object = task.await;
            tell.store(true, Ordering::SeqCst);
            object
        });
        assert_eq!(*runtime.block_on(spawned).unwrap().unwrap(), 8);
        assert!(done.load(Ordering::SeqCst));
        with_store(&store, || assert_eq!(wandering::stats().builds, 0));
    }
}
