//! The build script's part: asks, digests, writes the file that `#[cached(code = "crate")]` takes in.
//!
//! Promises: it runs again when a source, a manifest or the lock file changes, and only then. Refuses: anything but
//! Cargo's own environment.
#![expect(clippy::print_stdout, reason = "a build script speaks to Cargo by its output")]
#![expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::dependencies::{self, Dependencies};
use crate::sources;

/// Finds what counts at the code level `crate`, and hands it to the crate that is being built.
///
/// That is the tokens of every source of the crate and of the crates that it takes by path (without their tests,
/// benches and examples), the bytes of other files in `src/`, and the resolved versions and features of all other
/// dependencies. A failure is an error of the build, in one sentence.
pub fn fingerprint() {
    match write() {
        Ok(path) => println!("cargo::rustc-env=HEIRLOOM_CRATE={}", path.display()),
        Err(sentence) => println!("cargo::error=heirloom-build: {sentence}"),
    }
}

fn write() -> Result<PathBuf, String> {
    let given = |name: &str| {
        env::var(name)
            .map_err(|_| format!("{name} is not set; call `fingerprint` from the `main` of build.rs"))
    };
    let (root, target) = (PathBuf::from(given("CARGO_MANIFEST_DIR")?), PathBuf::from(given("OUT_DIR")?));
    let asked = dependencies::Question {
        cargo: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        manifest: root.join("Cargo.toml"),
        target: given("TARGET")?,
        features: env::var("CARGO_CFG_FEATURE").unwrap_or_default(),
    };
    let Dependencies { versions, by_path } = dependencies::ask(&asked)?;
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    sources::read(&root, "", &mut lines)?;
    watch(&root);
    for (name, folder) in &by_path {
        sources::read(folder, &format!("{name}/"), &mut lines)?;
        watch(folder);
    }
    if let Some(lock) = root.ancestors().map(|folder| folder.join("Cargo.lock")).find(|lock| lock.is_file()) {
        println!("cargo::rerun-if-changed={}", lock.display());
    }
    for (name, version) in versions {
        let digest = blake3::hash(version.full.as_bytes());
        lines.insert(format!("dependency {name}"), format!("{digest}\tdependency {name}\t{}", version.shown));
    }
    let mut text = String::new();
    for line in lines.values() {
        // Writing into a text does not fail.
        writeln!(text, "{line}").ok();
    }
    let path = target.join("heirloom-crate");
    fs::write(&path, text).map_err(|fault| format!("{} cannot be written: {fault}", path.display()))?;
    Ok(path)
}

/// Has Cargo run the script again when something that counts changes.
fn watch(root: &Path) {
    for path in sources::tops(root) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
