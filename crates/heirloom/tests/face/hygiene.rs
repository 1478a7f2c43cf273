//! The expansion stands in code that calls its own things `Arc`, `Option`, `heirloom` or `std`.

use heirloom::{Store, with_store};

#[allow(dead_code, reason = "they only have to be in the way")]
mod crowded {
    pub(super) struct Arc;
    pub(super) struct Option;
    pub(super) struct Clone;
    pub(super) struct Error;
    pub(super) struct Store;
    pub(super) struct Traits;
    pub(super) trait Debug {}
    mod heirloom {}
    mod core {}
    mod alloc {}

    pub(super) mod std {
        #[::heirloom::cached(counters(ann = 1), epoch = "7d", revalidate = "process", size = weigh)]
        pub(in super::super) fn counted(text: &str, n: usize) -> String {
            text.repeat(n)
        }

        #[expect(clippy::ptr_arg, reason = "the option takes a function of the object's own type")]
        fn weigh(text: &String) -> u64 {
            text.len() as u64
        }
    }

    #[::heirloom::tracked]
    fn used() -> u8 {
        1
    }

    #[::heirloom::cached(uses(used))]
    #[cfg(any())]
    fn never_compiled() -> Missing {}

    #[::heirloom::cached(uses(used))]
    #[expect(unused_variables, reason = "the builder fulfils it, the call need not")]
    #[deprecated = "so that its use inside the expansion would warn"]
    pub(super) fn lonely(result: u8, traits: u8, store: u8) -> ::std::result::Result<u8, ::std::fmt::Error> {
        let unused = store;
        Ok(result + traits + used())
    }

    #[::heirloom::cached]
    pub(super) async fn later(context: u8, mode: &str) -> ::std::string::String {
        mode.repeat(context.into())
    }
}

#[test]
#[expect(deprecated, reason = "the attribute must stay where the function is called")]
fn names_of_ones_own_are_not_in_the_way() {
    with_store(&Store::in_memory(), || {
        assert_eq!(*crowded::std::counted("ab", 2).unwrap(), "abab");
        assert_eq!(*crowded::lonely(1, 2, 3).unwrap(), 4);
        assert_eq!(*smol::block_on(crowded::later(2, "x")).unwrap(), "xx");
    });
}

#[heirloom::cached(memory_only)]
#[allow(clippy::too_many_arguments, reason = "twelve are allowed")]
fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8) -> u32 {
    [a, b, c, d, e, f, g, h, i, j, k, l].into_iter().map(u32::from).sum()
}

#[test]
fn twelve_parameters_are_a_key() {
    with_store(&Store::in_memory(), || {
        assert_eq!(*twelve(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).unwrap(), 78);
        assert_eq!(*twelve(12, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1).unwrap(), 78);
        assert_eq!(twelve::stats().builds, 2);
    });
}
