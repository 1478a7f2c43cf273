//! Opens connections to the registry and pools them.
//!
//! Promises: 1. no lock is held while a statement runs; 2. after a fork the child opens its own: SQLite's
//! connections must not cross one. Refuses: a thread-local connection; threads come and go.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::schema;
use crate::disk::fault::Fault;

const BUSY: Duration = Duration::from_secs(5);
const IDLE_MAX: usize = 16;
const STATEMENTS: usize = 32;

/// The registry of one store.
pub(in crate::disk) struct Registry {
    path: PathBuf,
    network: bool,
    idle: Mutex<Idle>,
}

struct Idle {
    pid: u32,
    connections: Vec<Connection>,
}

impl Registry {
    /// Opens the registry at `path`, making it where there is none.
    pub(in crate::disk) fn open(path: PathBuf, network: bool) -> Result<Self, Fault> {
        let idle = Mutex::new(Idle { pid: std::process::id(), connections: Vec::new() });
        let registry = Self { path, network, idle };
        registry.with("be opened", |_| Ok(()))?;
        Ok(registry)
    }

    /// Runs `work` on a connection of the pool.
    pub(super) fn with<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let pooled = self.idle().connections.pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => connect(&self.path, self.network)?,
        };
        let answer = work(&mut connection);
        let mut idle = self.idle();
        if idle.connections.len() < IDLE_MAX {
            idle.connections.push(connection);
        }
        answer.map_err(Fault::registry(doing))
    }

    /// Closes every idle connection, so that the file can be moved away.
    pub(in crate::disk) fn close(&self) {
        let connections = std::mem::take(&mut self.idle().connections);
        drop(connections);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = std::process::id();
        if idle.pid != pid {
            // We are the child of a fork: closing the parent's connections would disturb its locks.
            for connection in std::mem::take(&mut idle.connections) {
                std::mem::forget(connection);
            }
            idle.pid = pid;
        }
        idle
    }
}

fn connect(path: &Path, network: bool) -> Result<Connection, Fault> {
    let failed = |source| Fault::registry("be opened")(source);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    schema::prepare(&connection, network)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
    Ok(connection)
}
