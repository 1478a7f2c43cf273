//! Impl blocks of every kind can be tracked.

use heirloom::{cached, tracked};

#[tracked(name = shown_code)]
trait Shown {
    fn shown(&self) -> String {
        "nothing".into()
    }
}

#[tracked]
struct Pair<'a, T> {
    left: &'a T,
    right: &'a T,
}

#[tracked]
impl<'a, T: Clone> Pair<'a, T>
where
    T: 'static,
{
    const SIZE: usize = 2;

    fn both(&self) -> Vec<T> {
        vec![self.left.clone(), self.right.clone()]
    }
}

#[tracked]
struct Plain;

#[tracked]
impl Plain {}

#[tracked]
impl Shown for Plain {}

#[tracked(name = bytes_code, uses(shown_code))]
impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        format!("{} bytes", self.len())
    }
}

#[cached(uses(Pair<'static, u8>, Plain, bytes_code))]
fn made(n: u8) -> String {
    let pair = Pair { left: &n, right: &n };
    let _ = Plain.shown();
    format!("{}{}", pair.both().shown(), Pair::<u8>::SIZE)
}

fn main() {
    let store = heirloom::Store::in_memory();
    heirloom::with_store(&store, || assert_eq!(*made(1).unwrap(), "2 bytes2"));
}
