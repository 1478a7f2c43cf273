//! What only a face may look at: the environment, the current directory, the machine's name, the terminal.
//!
//! The one home of all that in the Rust face. Promises: everything is read when it is needed, once. Refuses: being
//! needed; a store that is opened explicitly works without any of it.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

use heirloom_core::engine::Notice;
use heirloom_core::object::Origin;

/// The value of an environment variable.
#[expect(clippy::disallowed_methods, reason = "the one home of the environment in this crate")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The current directory.
#[expect(clippy::disallowed_methods, reason = "the one home of the current directory in this crate")]
pub(crate) fn current_dir() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// Why every request builds, when the environment says so.
pub(crate) fn switched_off() -> bool {
    static OFF: OnceLock<bool> = OnceLock::new();
    *OFF.get_or_init(|| variable("HEIRLOOM_DISABLE").is_some_and(|value| !value.is_empty() && value != "0"))
}

/// The folder of the default store, where the environment names one.
pub(crate) fn named_store() -> Option<PathBuf> {
    variable("HEIRLOOM_STORE").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The user's cache directory for stores that belong to no project.
pub(crate) fn user_cache() -> Option<PathBuf> {
    let set = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("heirloom"))
}

/// Who builds here.
pub(crate) fn origin() -> Origin {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let program = std::env::current_exe().ok();
    let program = program.as_ref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    Origin { host, pid: std::process::id(), program: program.map(Into::into).unwrap_or_default() }
}

/// Tells the user: a fault in one line, a wait as a line that is rewritten where a terminal is there.
pub(crate) fn tell(notice: &Notice) {
    let mut err = std::io::stderr().lock();
    let sentence = notice.sentence().unwrap_or_default();
    // A warning that cannot be shown must not break a request.
    let _shown = match notice {
        Notice::Waiting { wait, .. } if err.is_terminal() && wait.waited.as_secs() >= 1 => {
            write!(err, "\r\x1b[Kheirloom: {sentence}")
        }
        Notice::WaitOver { .. } if err.is_terminal() => write!(err, "\r\x1b[K"),
        Notice::Waiting { .. } | Notice::WaitOver { .. } => Ok(()),
        _ => writeln!(err, "heirloom: {sentence}"),
    };
}

/// Tells the user one sentence.
pub(crate) fn warn(sentence: &str) {
    let _shown = writeln!(std::io::stderr().lock(), "heirloom: {sentence}");
}
