//! Opens connections to the registry and pools them.
//!
//! Promises: 1. no lock is held while a statement runs; 2. no connection crosses a fork that is
//! announced, and a child opens its own; 3. a registry whose file was taken away or replaced is noticed at the next
//! statement, never written to as a ghost. Refuses: a thread-local connection; threads come and go.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};

use super::patience::{Kind, Patience};
use super::schema;
use crate::disk::fault::Fault;
use crate::disk::files::Files;
use crate::trust::MacKey;

const IDLE_MAX: usize = 16;
const STATEMENTS: usize = 32;
/// Pages in the write-ahead log before they are moved into the file: fewer and larger moves.
const CHECKPOINT_PAGES: i64 = 4000;

/// The registry of one store.
pub(in crate::disk) struct Registry {
    path: PathBuf,
    network: bool,
    key: Option<MacKey>,
    files: Files,
    idle: Mutex<Idle>,
    calm: Condvar,
    patience: Patience,
}

struct Idle {
    pid: u32,
    connections: Vec<Pooled>,
    /// Statements that run just now.
    running: usize,
    /// How many are about to fork: no statement begins before they have.
    forking: usize,
}

/// A statement that runs, and the connection that goes back into the pool when it has come to its end.
struct Running<'a> {
    registry: &'a Registry,
    pooled: Option<Pooled>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut idle = self.registry.idle();
        idle.running = idle.running.saturating_sub(1);
        if idle.connections.len() < IDLE_MAX {
            idle.connections.extend(self.pooled.take());
        }
        let awaited = idle.forking > 0;
        drop(idle);
        if awaited {
            self.registry.calm.notify_all();
        }
    }
}

struct Pooled {
    connection: Connection,
    /// The file it was opened on: device and inode.
    file: (u64, u64),
}

impl Registry {
    /// The registry at `path`; nothing is opened yet.
    pub(in crate::disk) fn new(path: PathBuf, network: bool, key: Option<MacKey>, files: Files) -> Self {
        let idle = Idle { pid: std::process::id(), connections: Vec::new(), running: 0, forking: 0 };
        let (idle, calm, patience) = (Mutex::new(idle), Condvar::new(), Patience::default());
        Self { path, network, key, files, idle, calm, patience }
    }

    /// Opens the registry's file, making it and its tables where there are none; `true` when they were made.
    pub(in crate::disk) fn make(&self) -> Result<bool, Fault> {
        self.files.step("open the registry", &self.path)?;
        let _running = self.begin(|_| None);
        let wait = self.patience.of(Kind::Read);
        let made = connect(&self.path, OpenFlags::SQLITE_OPEN_CREATE, wait).and_then(|mut connection| {
            let made = schema::prepare(&mut connection, self.network, wait)?;
            Ok((connection, made))
        });
        self.patience.note(Kind::Read, &made);
        let (connection, made) = made?;
        if let Some(file) = identity(&self.path)
            && !connection.is_readonly("main").unwrap_or(true)
        {
            self.idle().connections.push(Pooled { connection, file });
        }
        Ok(made)
    }

    /// Runs `work`, which changes something, on a connection of the pool.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        self.files.step("write the registry", &self.path)?;
        self.run("be written", Kind::Write, work)
    }

    /// What MACs are made and checked with, when there is something.
    pub(super) fn key(&self) -> Option<&MacKey> {
        self.key.as_ref()
    }

    /// Runs `work`, which reads, on a connection of the pool.
    pub(super) fn with<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        self.run(doing, Kind::Read, work)
    }

    fn run<T>(
        &self,
        doing: &'static str,
        kind: Kind,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let mut running = self.begin(|idle| idle.connections.pop());
        let wait = self.patience.of(kind);
        let answer = self.work(doing, wait, &mut running.pooled, work);
        self.patience.note(kind, &answer);
        answer
    }

    fn work<T>(
        &self,
        doing: &'static str,
        wait: Duration,
        pooled: &mut Option<Pooled>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let taken = pooled.take();
        let file = identity(&self.path).ok_or_else(|| self.lost("is gone"))?;
        let mut one = match taken {
            Some(one) if one.file == file => one,
            Some(_) => return Err(self.lost("was replaced")),
            None => Pooled { connection: self.reopen(wait)?, file },
        };
        one.connection.busy_timeout(wait).map_err(Fault::registry(doing))?;
        let answer = work(&mut one.connection).map_err(Fault::registry(doing));
        if answer.as_ref().is_err_and(Fault::is_damaged_registry) {
            return answer;
        }
        // One that cannot write is opened anew each time: the file system may become writable again.
        let read_only = one.connection.is_readonly("main").unwrap_or(true);
        *pooled = (!read_only).then_some(one);
        answer
    }

    /// Whether every page and every index of the file fits together; reads all of it.
    pub(in crate::disk) fn is_whole(&self) -> bool {
        let check = |connection: &mut Connection| {
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        };
        self.with("be checked", check).is_ok_and(|answer| answer == "ok")
    }

    /// Moves the write-ahead log into the file and cuts it.
    pub(in crate::disk) fn checkpoint(&self) -> Result<(), Fault> {
        self.with("be written", |connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })
    }

    /// Closes every idle connection, so that the file can be moved away and a fork starts clean.
    pub(in crate::disk) fn close(&self) {
        let connections = std::mem::take(&mut self.idle().connections);
        drop(connections);
    }

    /// Before a fork: lets the statements that run come to their end, lets no other begin, and closes every
    /// connection. What SQLite knows of its locks lies in memory; a child that inherits a lock waits for a holder that
    /// it does not have. Returns whether all came to their end within `limit`.
    pub(in crate::disk) fn pause(&self, limit: Duration) -> bool {
        let mut idle = self.idle();
        idle.forking += 1;
        let busy = |idle: &mut Idle| idle.running > 0;
        let waited = self.calm.wait_timeout_while(idle, limit, busy).unwrap_or_else(PoisonError::into_inner);
        let (mut idle, timeout) = waited;
        let connections = std::mem::take(&mut idle.connections);
        drop(idle);
        for pooled in &connections {
            // The log stays for the next one; moving it into the file would take its time.
            pooled.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).ok();
        }
        drop(connections);
        !timeout.timed_out()
    }

    /// After a fork, in the parent.
    pub(in crate::disk) fn resume(&self) {
        let mut idle = self.idle();
        idle.forking = idle.forking.saturating_sub(1);
        drop(idle);
        self.calm.notify_all();
    }

    /// A statement begins, with a connection that `taken` takes: one look under the lock, since each look asks the kernel who
    /// we are.
    fn begin(&self, taken: impl FnOnce(&mut Idle) -> Option<Pooled>) -> Running<'_> {
        let forking = |idle: &mut Idle| idle.forking > 0;
        let mut idle = self.calm.wait_while(self.idle(), forking).unwrap_or_else(PoisonError::into_inner);
        idle.running += 1;
        let pooled = taken(&mut idle);
        drop(idle);
        Running { registry: self, pooled }
    }

    fn reopen(&self, wait: Duration) -> Result<Connection, Fault> {
        let connection = connect(&self.path, OpenFlags::empty(), wait)?;
        if schema::version(&connection)? == 0 {
            return Err(self.lost("is empty"));
        }
        Ok(connection)
    }

    fn lost(&self, what: &str) -> Fault {
        self.close();
        Fault::Lost(format!("its registry {what}: {}", self.path.display()))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = std::process::id();
        if idle.pid != pid {
            // We are the child of a fork: closing the parent's connections would disturb its locks.
            for pooled in std::mem::take(&mut idle.connections) {
                std::mem::forget(pooled);
            }
            (idle.pid, idle.running, idle.forking) = (pid, 0, 0);
        }
        idle
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    // A link in its place is another file than the one that was opened.
    fs::symlink_metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn connect(path: &Path, create: OpenFlags, wait: Duration) -> Result<Connection, Fault> {
    // A link or a pipe in its place is as good as a damaged file: put aside, and made anew.
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB);
        return Err(Fault::registry("be opened")(rusqlite::Error::SqliteFailure(code, None)));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let opened = Connection::open_with_flags(path, flags).map_err(Fault::registry("be opened"));
    let opened = opened.and_then(|connection| prepared(connection, wait));
    match opened {
        // Never for a moment's trouble in a store that others write: what is read there as it stands may be torn.
        Err(fault) if !is_writable(path) => read_only(path, wait).ok_or(fault),
        opened => opened,
    }
}

fn prepared(connection: Connection, wait: Duration) -> Result<Connection, Fault> {
    let failed = |source| Fault::registry("be opened")(source);
    connection.busy_timeout(wait).map_err(failed)?;
    // Without it SQLite compiles a statement anew at each use, because its plan might depend on what is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    schema::version(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(failed)?;
    Ok(connection)
}

/// On a file system that cannot be written SQLite cannot make its `-shm`; then the file is read as it stands.
fn read_only(path: &Path, wait: Duration) -> Option<Connection> {
    let escaped = path.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    prepared(connection, wait).ok()
}

/// Whether files can be made beside the registry, as its write-ahead log must be.
fn is_writable(path: &Path) -> bool {
    path.parent().is_some_and(|folder| access(folder, Access::WRITE_OK).is_ok())
}
