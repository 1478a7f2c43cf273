//! A crate that is written, built and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// One crate at a time is built into the shared folder.
static TURN: Mutex<()> = Mutex::new(());

/// What a change must come to.
pub(crate) enum Expected {
    /// The kept object is handed down.
    Hit,
    /// It is built again, for a reason that contains this.
    Built(&'static str),
}

/// A crate with its store.
pub(crate) struct Trial {
    home: TempDir,
    folder: String,
    _turn: MutexGuard<'static, ()>,
}

impl Trial {
    /// Writes the crate; `dependencies` is the tail of its manifest.
    pub(crate) fn new(dependencies: &str, files: &[(&str, &str)]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let home = tempfile::Builder::new().prefix("heirloom-trial-").tempdir().unwrap();
        let trial = Self { home, folder: "first".into(), _turn: turn };
        let root = root();
        let ours = root.join("crates/heirloom");
        let manifest = format!(
            "[package]\nname = \"trial\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [profile.dev]\ndebug = false\n\n[dependencies]\nheirloom = {{ path = \"{}\" }}\n{dependencies}",
            ours.display()
        );
        trial.write("Cargo.toml", &manifest);
        for (name, text) in files {
            trial.write(name, text);
        }
        // The versions that this repository was tested with, which are there already.
        fs::copy(root.join("Cargo.lock"), trial.path("Cargo.lock")).unwrap();
        trial
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(&self.folder).join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that must stand there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Moves the whole crate to another folder.
    pub(crate) fn rename(&mut self, folder: &str) {
        fs::rename(self.path(""), self.home.path().join(folder)).unwrap();
        folder.clone_into(&mut self.folder);
    }

    /// Builds the crate, runs it, and compares what its `explain` says with what is expected.
    pub(crate) fn check(&self, change: &str, expected: &Expected) {
        let told = self.run();
        match expected {
            Expected::Hit => assert!(told.contains(" is on disk"), "{change}: {told}"),
            Expected::Built(why) => {
                assert!(told.contains(" would be built: ") && told.contains(why), "{change}: {told}");
            }
        }
    }

    /// Builds the crate; the program, which the next build replaces.
    pub(crate) fn build(&self) -> PathBuf {
        let target = root().join("target/tests/crates");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--offline", "--manifest-path"]).arg(self.path("Cargo.toml"));
        build.arg("--target-dir").arg(&target).env_remove("RUSTFLAGS");
        finish(&mut build);
        target.join("debug/trial")
    }

    fn run(&self) -> String {
        let mut run = Command::new(self.build());
        finish(run.arg(self.home.path().join("store")).env_remove("HEIRLOOM_DISABLE"))
    }
}

/// The files of a crate that adds one number, with the attribute's options.
pub(crate) fn main_of(items: &str, cached: &str) -> String {
    format!(
        "{items}\n{cached}\n\nfn main() {{\n    let store = std::env::args().nth(1).unwrap();\n    \
         let store = heirloom::Store::open(store).unwrap();\n    heirloom::with_store(&store, || {{\n        \
         println!(\"{{}}\", made::explain(7).unwrap());\n        made(7).unwrap();\n    }});\n}}\n"
    )
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn finish(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (told, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{told}{faults}");
    told.into_owned()
}
