//! A disk that fails on purpose: at one step, or from one step on as if the process had been killed there.
//!
//! Stands behind the interface of the real one ([`Gate`]), so every step that changes a store passes here. Promises: the
//! steps are recorded in order, so a test can enumerate them and fail each in turn. Refuses: chance.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::disk::Gate;

/// A disk that records its steps and may fail some.
///
/// ```
/// use heirloom_core::disk::Gate;
/// use heirloom_core::testing::FailingDisk;
/// let disk = FailingDisk::failing_at(1);
/// assert!(disk.step("write", "a".as_ref()).is_ok());
/// assert!(disk.step("write", "b".as_ref()).is_err());
/// assert!(disk.step("write", "b".as_ref()).is_ok());
/// assert_eq!(disk.steps().len(), 3);
/// ```
#[derive(Debug)]
pub struct FailingDisk {
    steps: Mutex<Vec<&'static str>>,
    first: usize,
    last: usize,
}

impl FailingDisk {
    /// A disk that never fails, to learn the steps.
    #[must_use]
    pub fn recording() -> Self {
        Self::failing_between(usize::MAX, usize::MAX)
    }

    /// A disk on which only this step fails, counted from 0: it has no space left just then.
    #[must_use]
    pub fn failing_at(step: usize) -> Self {
        Self::failing_between(step, step)
    }

    /// A disk on which nothing succeeds from this step on, as for a process that is killed there.
    #[must_use]
    pub fn dying_at(step: usize) -> Self {
        Self::failing_between(step, usize::MAX - 1)
    }

    /// The steps so far, in order.
    pub fn steps(&self) -> Vec<&'static str> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn failing_between(first: usize, last: usize) -> Self {
        Self { steps: Mutex::default(), first, last }
    }
}

impl Gate for FailingDisk {
    fn step(&self, doing: &'static str, _path: &Path) -> io::Result<()> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let number = steps.len();
        steps.push(doing);
        if number < self.first || number > self.last {
            return Ok(());
        }
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }
}
