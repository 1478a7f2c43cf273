//! Where the attribute may stand, and what the function may look like.
#![forbid(unsafe_code)]
#![deny(warnings)]

use std::collections::BTreeMap;
use std::path::Path;

use heirloom::{Store, cached, with_store};

/// Documented.
#[cached]
#[allow(clippy::ptr_arg)]
pub(crate) fn documented(path: &Path, bytes: &[u8], words: Vec<Option<String>>, map: BTreeMap<u8, (u8, [u8; 4])>) -> usize {
    //! From inside too.
    path.as_os_str().len() + bytes.len() + words.len() + map.len()
}

pub mod shop {
    /// Of everybody.
    #[heirloom::cached(name = "shop", counters(ann = 1, "bob@example.org" = 2))]
    pub fn price() -> Result<u32, std::num::ParseIntError> {
        "12".parse()
    }
}

fn main() {
    #[cached]
    fn inside(mut n: u32, _unused: &str) -> u32 {
        n += 1;
        n
    }
    with_store(&Store::in_memory(), || {
        assert_eq!(*inside(1, "x").unwrap(), 2);
        assert_eq!(*documented(Path::new("a"), b"bc", vec![None], BTreeMap::new()).unwrap(), 4);
        assert_eq!(*shop::price().unwrap(), 12);
        assert!(inside::explain(1, "x").unwrap().to_string().contains("in memory"));
        assert_eq!(shop::price::stats().builds, 1);
    });
}
