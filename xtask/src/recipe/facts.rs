//! What the recipe depends on: which parts are there, which tools are installed.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// Everything the plan looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The cargo that runs us.
    pub(super) cargo: String,
    /// Whether the engine has its test of all interleavings.
    pub(super) has_shuttle: bool,
    /// Whether `cargo deny` can be called.
    pub(super) has_deny: bool,
    /// Whether there is a Python package with tests.
    pub(super) has_python: bool,
}

impl Facts {
    /// Looks around.
    pub(super) fn gather(root: &Path) -> Self {
        let cargo = cargo();
        let has = |path: &str| root.join(path).exists();
        let deny = Command::new(&cargo)
            .args(["deny", "--version"])
            .current_dir(root)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        Self {
            cargo: cargo.to_string_lossy().into_owned(),
            has_shuttle: has("crates/heirloom-core/tests/shuttle.rs"),
            has_deny: deny.is_ok_and(|status| status.success()),
            has_python: has("pyproject.toml") && has("python/tests"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "cargo names itself to its subcommands in this variable")]
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
