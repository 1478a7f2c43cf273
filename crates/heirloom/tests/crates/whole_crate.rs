//! The levels `crate` and `binary`.

use std::path::Path;

use crate::trial::Expected::{Built, Hit};
use crate::trial::{Trial, main_of};

const BUILD: &str = "fn main() {\n    heirloom_build::fingerprint();\n}\n";

fn cached(level: &str) -> String {
    format!(
        "#[heirloom::cached(name = \"trial\", code = \"{level}\")]\nfn made(n: u32) -> u32 {{\n    shapes::area(n)\n}}\n"
    )
}

fn dependencies(others: &str) -> String {
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("heirloom-build");
    format!("{others}\n[build-dependencies]\nheirloom-build = {{ path = \"{}\" }}\n", build.display())
}

#[test]
#[ignore = "long: builds the engine's dependencies for a build script; `cargo test -p heirloom --test crates -- --ignored`"]
fn every_source_of_the_crate_counts_and_every_version() {
    let main = main_of("mod shapes;\n", &cached("crate"));
    let files = [
        ("build.rs", BUILD),
        ("src/main.rs", main.as_str()),
        ("src/shapes.rs", "pub fn area(n: u32) -> u32 {\n    n * n\n}\n"),
        ("inner/Cargo.toml", "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("inner/src/lib.rs", "pub fn one() -> u32 {\n    1\n}\n"),
    ];
    let mut trial = Trial::new(&dependencies("inner = { path = \"inner\" }\n"), &files);
    trial.check("the first build", &Built("never built"));
    trial.check("nothing", &Hit);
    trial.edit("src/shapes.rs", "n * n", "// More.\n    n * n");
    trial.check("a comment", &Hit);
    trial.edit("src/shapes.rs", "n * n\n}", "n * n\n}\n\n#[cfg(test)]\nmod tests {}");
    trial.check("a test module", &Hit);
    trial.rename("second");
    trial.check("the crate's folder", &Hit);
    trial.edit("src/shapes.rs", "n * n", "n * n + 1");
    trial.check("a file of the crate", &Built("`src/shapes.rs` changed"));
    trial.edit("inner/src/lib.rs", "    1", "    2");
    trial.check("a file of a crate by path", &Built("`inner/src/lib.rs` changed"));
    // Another resolved version and feature set of a dependency that was there already.
    trial.edit("Cargo.toml", "inner = {", "itoa = \"1\"\ninner = {");
    trial.check("a new dependency", &Built("`dependency itoa` is part of its code now"));
    trial.check("nothing", &Hit);
}

#[test]
#[ignore = "long: links the engine for each change; `cargo test -p heirloom --test crates -- --ignored`"]
fn any_change_of_the_executable_counts() {
    let main = main_of(
        "mod shapes {\n    pub fn area(n: u32) -> u32 {\n        n * n\n    }\n}\n",
        &cached("binary"),
    );
    let trial = Trial::new("", &[("src/main.rs", main.as_str())]);
    trial.check("the first build", &Built("never built"));
    trial.check("nothing", &Hit);
    trial.edit("src/main.rs", "n * n", "n * n + 1");
    trial.check("a function", &Built("`the executable` changed"));
}
