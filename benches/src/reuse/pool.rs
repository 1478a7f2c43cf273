//! `Pool` beside opool and deadpool: an object is taken, touched and given back.
//!
//! Promises: there is always one to take, so nobody waits and nothing is made. Refuses: checks and resets.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use heirloom_reuse::Pool;

use super::{Asked, each_key};
use crate::subject::{Effort, Goal, Work};

const OBJECTS: usize = 16;

pub(super) fn works() -> Vec<Work> {
    [1, 2].map(work).into()
}

/// Makes what opool hands out.
struct Texts;

impl opool::PoolAllocator<String> for Texts {
    fn allocate(&self) -> String {
        String::with_capacity(64)
    }
}

fn work(threads: usize) -> Work {
    let asked = Asked::new(vec![()], threads);
    let plural = if threads == 1 { "" } else { "s" };
    Work {
        name: format!("reuse: pool, take and give back, {threads} thread{plural}"),
        subjects: vec![
            each_key("heirloom `Pool`", &asked, |_: &[()]| {
                let builder = Pool::builder(|| String::with_capacity(64));
                let pool = builder.max_size(OBJECTS).min_warm(OBJECTS).build().expect("valid settings");
                move |()| _ = black_box(pool.acquire().expect("one is there").as_str().len())
            }),
            each_key("opool", &asked, |_: &[()]| {
                let pool = opool::Pool::new_prefilled(OBJECTS, Texts);
                move |()| _ = black_box(pool.get().as_str().len())
            }),
            each_key("deadpool (unmanaged)", &asked, |_: &[()]| {
                let texts: Vec<String> = (0..OBJECTS).map(|_| String::with_capacity(64)).collect();
                let pool = deadpool::unmanaged::Pool::from(texts);
                move |()| _ = black_box(pool.try_get().expect("one is there").as_str().len())
            }),
            each_key("Mutex<Vec> (limit)", &asked, |_: &[()]| {
                let texts: Vec<String> = (0..OBJECTS).map(|_| String::with_capacity(64)).collect();
                let pool = Arc::new(Mutex::new(texts));
                move |()| {
                    let text = pool.lock().expect("nobody panics").pop().expect("one is there");
                    black_box(text.as_str().len());
                    pool.lock().expect("nobody panics").push(text);
                }
            }),
        ],
        against: "opool",
        goal: Goal::Ratio(1.0),
        effort: Effort::Small,
    }
}
