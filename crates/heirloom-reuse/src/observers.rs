//! Observers that vanish by themselves.
//!
//! Promises: 1. nobody is kept alive by being listed; 2. adding, removing, dying and notifying while `notify` runs is
//! safe: who is gone is not called any more, who is new is called from the next time on; 3. a panic of one observer
//! does not keep the others from being called. Refuses: a queue or a thread; `notify` calls in the order of adding, on
//! the caller's thread, with no lock held.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use crate::sync::{AtomicBool, Mutex, lock};

/// Somebody who wants to know of events. Every `Fn(&E)` is one.
///
/// ```
/// use std::sync::Arc;
/// use heirloom_reuse::{Observer, Observers};
///
/// struct Log(std::sync::Mutex<Vec<String>>);
/// impl Observer<str> for Log {
///     fn observe(&self, event: &str) {
///         self.0.lock().unwrap().push(event.to_owned());
///     }
/// }
///
/// let (set, log) = (Observers::<str>::new(), Arc::new(Log(Default::default())));
/// set.add(&log);
/// assert_eq!(set.notify("begun").called, 1);
/// assert_eq!(*log.0.lock().unwrap(), ["begun"]);
/// ```
pub trait Observer<E: ?Sized>: Send + Sync {
    /// Is told of an event.
    ///
    /// ```
    /// use heirloom_reuse::Observer;
    /// let seen = std::sync::Mutex::new(0);
    /// let observer = |event: &i32| *seen.lock().unwrap() += event;
    /// observer.observe(&5);
    /// assert_eq!(*seen.lock().unwrap(), 5);
    /// ```
    fn observe(&self, event: &E);
}

impl<E: ?Sized, F: Fn(&E) + Send + Sync> Observer<E> for F {
    fn observe(&self, event: &E) {
        self(event);
    }
}

/// A set of weakly held observers of events of type `E`. A clone is another handle to the same set.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use heirloom_reuse::{Observer, Observers};
///
/// #[derive(Default)]
/// struct Sum(AtomicU32);
/// impl Observer<u32> for Sum {
///     fn observe(&self, event: &u32) {
///         self.0.fetch_add(*event, Ordering::Relaxed);
///     }
/// }
///
/// let prices = Observers::new();
/// let sum = Arc::new(Sum::default());
/// prices.add(&sum);                                     // listed, not kept alive
/// let shown = prices.watch(|price: &u32| println!("{price}"));
/// assert_eq!(prices.notify(&5).called, 2);
/// drop(shown);                                          // ends the watch
/// assert_eq!(prices.notify(&6).called, 1);
/// assert_eq!(sum.0.load(Ordering::Relaxed), 11);
/// drop(sum);
/// assert_eq!(prices.len(), 0);
/// ```
pub struct Observers<E: ?Sized> {
    shared: Arc<Shared<E>>,
}

struct Shared<E: ?Sized> {
    list: Mutex<List<E>>,
}

struct List<E: ?Sized> {
    /// Copied when it changes while a `notify` walks it.
    entries: Arc<Vec<Arc<Entry<E>>>>,
    /// How many entries there may be before the dead are looked for.
    sweep_at: usize,
}

struct Entry<E: ?Sized> {
    listed: AtomicBool,
    observer: Weak<dyn Observer<E>>,
}

/// What a [`notify`](Observers::notify) came to.
///
/// ```
/// let set = heirloom_reuse::Observers::<u8>::new();
/// let _watch = set.watch(|event| assert!(*event < 9, "too much"));
/// let (good, bad) = (set.notify(&1), set.notify(&9));
/// assert_eq!((good.panics.len(), bad.called, bad.panics.len()), (0, 1, 1));
/// ```
#[derive(Default)]
#[must_use = "it tells which observers panicked"]
pub struct Notified {
    /// Observers that were called, those that panicked among them.
    pub called: usize,
    /// What the observers that panicked said, in the order of calling.
    pub panics: Vec<Box<dyn Any + Send>>,
}

/// A watch that ends when this is dropped.
///
/// ```
/// let set = heirloom_reuse::Observers::<u8>::new();
/// let watch = set.watch(|event| println!("{event}"));
/// assert_eq!(set.len(), 1);
/// drop(watch);
/// assert_eq!(set.len(), 0);
/// ```
pub struct Watch<E: ?Sized> {
    set: Weak<Shared<E>>,
    entry: Arc<Entry<E>>,
    _observer: Arc<dyn Observer<E>>,
}

const SWEEP_MIN: usize = 32;

impl<E: ?Sized + 'static> Observers<E> {
    /// An empty set.
    ///
    /// ```
    /// let set = heirloom_reuse::Observers::<u8>::new();
    /// assert_eq!(set.notify(&1).called, 0);
    /// ```
    pub fn new() -> Self {
        let list = List { entries: Arc::default(), sweep_at: SWEEP_MIN };
        Self { shared: Arc::new(Shared { list: Mutex::new(list) }) }
    }

    /// Adds an observer that is held elsewhere; it goes when its last holder lets go. Added twice, it is called twice.
    ///
    /// ```
    /// use std::sync::Arc;
    /// let set = heirloom_reuse::Observers::<u8>::new();
    /// let observer = Arc::new(|event: &u8| println!("{event}"));
    /// set.add(&observer);
    /// assert_eq!(set.len(), 1);
    /// drop(observer); // its last holder
    /// assert_eq!(set.len(), 0);
    /// ```
    pub fn add<O: Observer<E> + 'static>(&self, observer: &Arc<O>) {
        let weak = Arc::downgrade(observer);
        self.enter(weak);
    }

    /// Takes an observer out, however often it was added; `false` when it was not there.
    ///
    /// ```
    /// use std::sync::Arc;
    /// let set = heirloom_reuse::Observers::<u8>::new();
    /// let observer = Arc::new(|event: &u8| println!("{event}"));
    /// set.add(&observer);
    /// assert_eq!((set.remove(&observer), set.remove(&observer)), (true, false));
    /// ```
    pub fn remove<O: Observer<E> + 'static>(&self, observer: &Arc<O>) -> bool {
        let sought = Arc::as_ptr(observer).cast::<()>();
        self.shared.take_out(|entry| entry.observer.as_ptr().cast::<()>() == sought)
    }

    /// Calls `observer` for every event, until the returned watch is dropped.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU8, Ordering};
    /// let (set, last) = (heirloom_reuse::Observers::<u8>::new(), Arc::new(AtomicU8::new(0)));
    /// let seen = Arc::clone(&last);
    /// let _watch = set.watch(move |event| seen.store(*event, Ordering::Relaxed));
    /// assert_eq!((set.notify(&7).called, last.load(Ordering::Relaxed)), (1, 7));
    /// ```
    #[must_use = "dropping the watch ends it"]
    pub fn watch(&self, observer: impl Fn(&E) + Send + Sync + 'static) -> Watch<E> {
        let observer: Arc<dyn Observer<E>> = Arc::new(observer);
        let entry = self.enter(Arc::downgrade(&observer));
        Watch { set: Arc::downgrade(&self.shared), entry, _observer: observer }
    }

    fn enter(&self, observer: Weak<dyn Observer<E>>) -> Arc<Entry<E>> {
        let entry = Arc::new(Entry { listed: AtomicBool::new(true), observer });
        let mut list = lock(&self.shared.list);
        if list.entries.len() >= list.sweep_at {
            Arc::make_mut(&mut list.entries).retain(|entry| entry.observer.strong_count() > 0);
            list.sweep_at = SWEEP_MIN.max(2 * list.entries.len());
        }
        Arc::make_mut(&mut list.entries).push(Arc::clone(&entry));
        entry
    }

    /// Calls every observer that is listed now, in the order of adding, on this thread.
    ///
    /// ```
    /// let set = heirloom_reuse::Observers::<str>::new();
    /// let _one = set.watch(|_| {});
    /// let _two = set.watch(|_| panic!("not today"));
    /// let notified = set.notify("begun");
    /// assert_eq!((notified.called, notified.panics.len()), (2, 1));
    /// ```
    pub fn notify(&self, event: &E) -> Notified {
        let entries = Arc::clone(&lock(&self.shared.list).entries);
        let (mut notified, mut dead) = (Notified::default(), false);
        for entry in entries.iter() {
            if !entry.listed.load(Ordering::Acquire) {
                continue;
            }
            let Some(observer) = entry.observer.upgrade() else {
                dead = true;
                continue;
            };
            notified.called += 1;
            // Its last holder may have let go meanwhile: then it is dropped here, and may panic here.
            let call = AssertUnwindSafe(move || observer.observe(event));
            notified.panics.extend(catch_unwind(call).err());
        }
        drop(entries);
        if dead {
            self.shared.take_out(|entry| entry.observer.strong_count() == 0);
        }
        notified
    }

    /// Observers that live and are listed.
    ///
    /// ```
    /// let set = heirloom_reuse::Observers::<u8>::new();
    /// let _watch = set.watch(|_| {});
    /// assert_eq!(set.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        let list = lock(&self.shared.list);
        list.entries.iter().filter(|entry| entry.observer.strong_count() > 0).count()
    }

    /// Whether nobody would be called.
    ///
    /// ```
    /// assert!(heirloom_reuse::Observers::<u8>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<E: ?Sized> Shared<E> {
    fn take_out(&self, is_it: impl Fn(&Entry<E>) -> bool) -> bool {
        let mut list = lock(&self.list);
        let before = list.entries.len();
        Arc::make_mut(&mut list.entries).retain(|entry| {
            let out = is_it(entry);
            if out {
                entry.listed.store(false, Ordering::Release);
            }
            !out
        });
        list.entries.len() < before
    }
}

impl<E: ?Sized> Drop for Watch<E> {
    fn drop(&mut self) {
        if let Some(set) = self.set.upgrade() {
            let own = Arc::as_ptr(&self.entry);
            set.take_out(|entry| std::ptr::eq(entry, own));
        }
    }
}

impl<E: ?Sized + 'static> Default for Observers<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: ?Sized> Clone for Observers<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<E: ?Sized> fmt::Debug for Observers<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({} listed)", lock(&self.shared.list).entries.len())
    }
}

impl<E: ?Sized> fmt::Debug for Watch<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl fmt::Debug for Notified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notified({} called, {} panicked)", self.called, self.panics.len())
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use proptest::prelude::*;

    use super::*;

    struct Note(usize, Arc<Mutex<Vec<usize>>>);

    impl Observer<()> for Note {
        fn observe(&self, (): &()) {
            lock(&self.1).push(self.0);
        }
    }

    proptest! {
        #[test]
        fn those_alive_and_listed_are_called_in_order(steps in prop::collection::vec((0..4_u8, 0..100_usize), 0..150)) {
            let (set, said) = (Observers::new(), Arc::new(Mutex::new(Vec::new())));
            let mut kept: Vec<Arc<Note>> = Vec::new();
            // The numbers of those that must be called.
            let mut model: Vec<usize> = Vec::new();
            for (step, (what, which)) in steps.into_iter().enumerate() {
                let chosen = which % kept.len().max(1);
                match what {
                    0 | 1 => {
                        kept.push(Arc::new(Note(step, Arc::clone(&said))));
                        set.add(kept.last().unwrap());
                        model.push(step);
                    }
                    2 if !kept.is_empty() => {
                        let dead = kept.swap_remove(chosen).0;
                        model.retain(|number| *number != dead);
                    }
                    3 if !kept.is_empty() => {
                        let number = kept[chosen].0;
                        let listed = model.contains(&number);
                        prop_assert_eq!(set.remove(&kept[chosen]), listed);
                        model.retain(|other| *other != number);
                    }
                    _ => {}
                }
                prop_assert_eq!(set.len(), model.len());
                prop_assert_eq!(set.notify(&()).called, model.len());
                prop_assert_eq!(&std::mem::take(&mut *lock(&said)), &model);
            }
        }
    }

    #[test]
    fn a_panic_does_not_stop_the_others() {
        let (set, calls) = (Observers::<str>::new(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&calls);
        let _first = set.watch(|event| panic!("cannot bear {event}"));
        let _second = set.watch(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
        let notified = set.notify("noise");
        assert_eq!((notified.called, calls.load(Ordering::Relaxed)), (2, 1));
        let said = notified.panics[0].downcast_ref::<String>().map(String::as_str);
        assert_eq!(said, Some("cannot bear noise"));
    }

    #[test]
    fn observers_come_go_and_notify_while_notify_runs() {
        let set = Observers::<u8>::new();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (later, own) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(None)));
        let (inner, out, gone, fresh) =
            (set.clone(), Arc::clone(&calls), Arc::clone(&later), Arc::clone(&own));
        let _meddler = set.watch(move |event| {
            lock(&out).push(("meddler", *event));
            drop(lock(&gone).take());
            let out = Arc::clone(&out);
            *lock(&fresh) = Some(inner.watch(move |event| lock(&out).push(("fresh", *event))));
            if *event == 0 {
                assert_eq!(inner.notify(&1).called, 2, "itself and the one it added before");
            }
        });
        let out = Arc::clone(&calls);
        *lock(&later) = Some(set.watch(move |event| lock(&out).push(("later", *event))));
        assert_eq!(set.notify(&0).called, 1, "`later` went before its turn, `fresh` came too late");
        assert!(!lock(&calls).iter().any(|(who, _)| *who == "later"));
    }

    #[test]
    fn who_is_removed_before_its_turn_is_not_called() {
        let (set, said) = (Observers::<()>::new(), Arc::new(Mutex::new(Vec::new())));
        let note = Arc::new(Note(1, Arc::clone(&said)));
        let (inner, removed) = (set.clone(), Arc::clone(&note));
        let _remover = set.watch(move |()| assert!(inner.remove(&removed)));
        set.add(&note);
        let notified = set.notify(&());
        assert_eq!((notified.called, notified.panics.len(), lock(&said).len()), (1, 0, 0));
    }

    #[test]
    fn a_watch_takes_its_entry_with_it() {
        let set = Observers::<()>::new();
        let watches: Vec<_> = (0..10).map(|_| set.watch(|()| {})).collect();
        drop(watches);
        assert_eq!(lock(&set.shared.list).entries.len(), 0);
    }

    #[test]
    fn the_dead_do_not_pile_up_unnotified() {
        let set = Observers::<()>::new();
        for number in 0..10_000 {
            set.add(&Arc::new(Note(number, Arc::default())));
        }
        assert!(lock(&set.shared.list).entries.len() <= SWEEP_MIN);
        assert!(set.is_empty());
        assert_eq!(set.notify(&()).called, 0);
        assert_eq!(
            lock(&set.shared.list).entries.len(),
            0,
            "who notifies meets the dead, and takes them out"
        );
    }

    #[test]
    fn the_dead_are_looked_for_the_less_often_the_more_live() {
        let (set, kept) =
            (Observers::<()>::new(), (0..1_000).map(|number| Arc::new(Note(number, Arc::default()))));
        let kept: Vec<_> = kept.inspect(|note| set.add(note)).collect();
        assert!(lock(&set.shared.list).sweep_at > kept.len());
    }

    #[test]
    fn threads_come_and_go_while_others_notify() {
        let (set, calls) = (Observers::<()>::new(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&calls);
        let _steady = set.watch(move |()| _ = count.fetch_add(1, Ordering::Relaxed));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..1000).for_each(|_| drop(set.watch(|()| {}))));
                scope.spawn(|| (0..1000).for_each(|_| assert!(set.notify(&()).called >= 1)));
            }
        });
        assert_eq!((calls.load(Ordering::Relaxed), set.len()), (2000, 1));
    }
}
