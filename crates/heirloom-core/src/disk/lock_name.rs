//! A lock that is the name of a file: how it is taken, given back, and swept when its holder has died.
//!
//! The steps are written once, over what a kernel offers ([`LockName`]); `lease` runs them on files, and a model runs
//! them on a kernel made of shuttle's parts. Promises: at most one holder at any instant has the file that bears
//! the name, whoever dies, gives back or sweeps meanwhile. Refuses: waiting.

/// What the kernel offers for one name. Each method is one step: others may come in before and after it.
pub trait LockName {
    /// An open file.
    type File;
    /// What the kernel says instead.
    type Fault;

    /// Opens the file of this name, making it where there is none.
    ///
    /// # Errors
    /// Whatever the kernel says; so for every method.
    fn open(&self) -> Result<Self::File, Self::Fault>;

    /// Opens the file of this name, if there is one.
    fn open_existing(&self) -> Option<Self::File>;

    /// Locks an open file, unless somebody else has.
    ///
    /// # Errors
    /// As [`LockName::open`].
    fn try_lock(&self, file: &Self::File) -> Result<bool, Self::Fault>;

    /// Whether an open file still bears this name.
    fn is_still(&self, file: &Self::File) -> bool;

    /// Takes the name away; whether there was one.
    fn unlink(&self) -> bool;
}

/// Takes the lock, or says that another has it. The file that is returned must be closed after [`give_back`].
///
/// # Errors
/// When the kernel refuses.
pub fn take<N: LockName>(name: &N) -> Result<Option<N::File>, N::Fault> {
    loop {
        let file = name.open()?;
        if !name.try_lock(&file)? {
            return Ok(None);
        }
        // A holder that gave back between our open and our lock has taken the name away.
        if name.is_still(&file) {
            return Ok(Some(file));
        }
    }
}

/// Gives the lock back: the name goes while the lock is held, so whoever opens it later opens another file.
pub fn give_back<N: LockName>(name: &N, file: &N::File) {
    if name.is_still(file) {
        name.unlink();
    }
}

/// Takes away the name that a dead holder left behind; whether it is gone.
pub fn sweep<N: LockName>(name: &N) -> bool {
    let Some(file) = name.open_existing() else { return false };
    // The name may be another's by now, who has just taken it: that one is in use.
    name.try_lock(&file).is_ok_and(|taken| taken) && name.is_still(&file) && name.unlink()
}
