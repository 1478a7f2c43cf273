//! What counts at each code level: items, the crate, the executable, or nothing.
//!
//! Promises: what a level cannot do without is asked for in one sentence. Refuses: Python's level.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::OnceLock;

use heirloom_core::identity::Part;
use heirloom_core::settings::CodeLevel;
use heirloom_core::{Digest, Error, Result};

use crate::tracked::Parts;

/// A code level by its word, for the attribute, which has checked it.
pub fn code_level(word: &str) -> CodeLevel {
    word.parse().unwrap_or(CodeLevel::Function)
}

/// What the crate's build script found, for [`whole_crate`](crate::FactoryBuilder::whole_crate).
///
/// It needs `heirloom-build` among the `[build-dependencies]` and `heirloom_build::fingerprint()` in `build.rs`. The
/// attribute takes it by itself: `#[cached(code = "crate")]`.
#[macro_export]
macro_rules! whole_crate {
    () => {
        ::std::include_str!(::std::env!(
            "HEIRLOOM_CRATE",
            "add to Cargo.toml `[build-dependencies] heirloom-build = \"0.1\"` and to build.rs `fn main() { \
             heirloom_build::fingerprint(); }`"
        ))
    };
}

/// The parts that count at a level.
pub(crate) fn counted(level: CodeLevel, named: Parts, whole_crate: Option<&'static str>) -> Result<Parts> {
    match level {
        CodeLevel::Manual | CodeLevel::Files => Ok(Parts::default()),
        CodeLevel::Function => Ok(named),
        CodeLevel::Crate => whole_crate.map(of_crate).ok_or_else(|| {
            Error::invalid(
                "code level \"crate\" needs what a build script finds; write `#[cached(code = \"crate\")]`, add to \
                 Cargo.toml `[build-dependencies] heirloom-build = \"0.1\"` and to build.rs \
                 `fn main() { heirloom_build::fingerprint(); }`",
            )
        }),
        CodeLevel::Binary => {
            let parts = BTreeMap::from([("the executable".to_owned(), binary()?)]);
            Ok(Parts { parts, texts: BTreeMap::new() })
        }
        CodeLevel::Closure => Err(Error::invalid(format!(
            "code level \"{level}\" is not for Rust factories; choose \"manual\", \"function\" (and name what is \
             used with `uses`), \"files\", \"crate\" or \"binary\""
        ))),
    }
}

/// The lines of the build script: a digest, a tab, the part's name, and for a dependency a tab and its version.
fn of_crate(found: &'static str) -> Parts {
    let mut parts = Parts::default();
    for line in found.lines() {
        let mut fields = line.split('\t');
        let (Some(digest), Some(name)) = (fields.next(), fields.next()) else { continue };
        let Ok(digest) = digest.parse::<Digest>() else { continue };
        parts.parts.insert(name.to_owned(), Part { digest, place: None });
        parts.texts.extend(fields.next().map(|version| (name.to_owned(), version)));
    }
    parts
}

/// The running executable, digested once a process.
fn binary() -> Result<Part> {
    static BINARY: OnceLock<std::result::Result<Part, String>> = OnceLock::new();
    let part = BINARY.get_or_init(|| {
        let path = std::env::current_exe().map_err(|fault| fault.to_string())?;
        let told = |fault: std::io::Error| format!("{}: {fault}", path.display());
        // What runs, also when another file has taken its name since.
        let file = File::open("/proc/self/exe").or_else(|_| File::open(&path)).map_err(told)?;
        let digest = Digest::of_reader(&file).map_err(told)?;
        Ok(Part { digest, place: Some(path.display().to_string()) })
    });
    part.clone().map_err(|fault| Error::unavailable(format!("the executable cannot be digested: {fault}")))
}
