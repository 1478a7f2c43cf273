//! Where Python is listened to: an audit hook, and built-in functions that raise no audit event.
//!
//! Promises: 1. while no build is in progress an event costs one load, and a watched function one call more; 2. a
//! watched function looks like the one it stands for: name, module, signature, `__self__`; 3. what the listener itself
//! does is not listened to. Refuses: deciding anything.

#![expect(unsafe_code, reason = "audit hooks and built-in functions are made of raw pointers")]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::building::in_progress;

/// The events that can tell of an input or an output.
const EVENTS: [&CStr; 34] = [
    c"open",
    c"import",
    c"os.listdir",
    c"os.scandir",
    c"glob.glob/2",
    c"pathlib.Path.glob",
    c"pathlib.Path.rglob",
    c"sqlite3.connect",
    c"subprocess.Popen",
    c"os.system",
    c"os.posix_spawn",
    c"os.exec",
    c"os.spawn",
    c"os.fork",
    c"os.forkpty",
    c"pty.spawn",
    c"os.chdir",
    c"os.mkdir",
    c"os.remove",
    c"os.rmdir",
    c"os.rename",
    c"os.link",
    c"os.symlink",
    c"os.truncate",
    c"socket.connect",
    c"socket.getaddrinfo",
    c"socket.gethostbyname",
    c"socket.sendto",
    c"urllib.Request",
    c"http.client.connect",
    c"ftplib.connect",
    c"smtplib.connect",
    c"imaplib.open",
    c"ctypes.dlopen",
];

/// How many functions can be watched: each has C code of its own, so that its `__self__` can be the original's.
const SLOTS: usize = 8;

static LISTENER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static WATCHED: [OnceLock<Watched>; SLOTS] = [const { OnceLock::new() }; SLOTS];

/// How many libraries were loaded by name since the first build, also outside of builds.
static LOADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

struct Watched {
    original: Py<PyAny>,
    watcher: Py<PyAny>,
}

/// The head of a built-in function, as CPython lays it out.
#[repr(C)]
struct BuiltIn {
    head: ffi::PyObject,
    definition: *mut ffi::PyMethodDef,
}

unsafe extern "C" {
    fn PySys_AddAuditHook(
        hook: unsafe extern "C" fn(*const c_char, *mut ffi::PyObject, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
}

/// Whether this thread is inside the recording itself.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// Does something that is not listened to.
pub(crate) fn quietly<R>(work: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _back = Back(QUIET.replace(true));
    work()
}

/// How many libraries were loaded by name since the first build.
#[pyfunction]
pub(crate) fn loads() -> usize {
    LOADS.load(Ordering::Relaxed)
}

/// Calls `function` so that nothing it does is listened to.
#[pyfunction]
#[pyo3(name = "quietly", signature = (function, *args))]
pub(crate) fn call_quietly<'py>(
    function: &Bound<'py, PyAny>,
    args: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    quietly(|| function.call1(args))
}

/// Has `listener(event, arguments)` called for every event that can tell of an input, while a build is in progress.
#[pyfunction]
pub(crate) fn listen(py: Python<'_>, listener: Py<PyAny>) -> PyResult<()> {
    if LISTENER.set(py, listener).is_err() {
        return Ok(());
    }
    // SAFETY: the interpreter is held, and the hook is a plain function that lives as long as the program.
    if unsafe { PySys_AddAuditHook(heard, ptr::null_mut()) } != 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(())
}

/// Called by CPython with the interpreter held.
unsafe extern "C" fn heard(event: *const c_char, args: *mut ffi::PyObject, _: *mut c_void) -> c_int {
    // SAFETY: CPython hands over a text that ends.
    let event = unsafe { CStr::from_ptr(event) };
    if event == c"ctypes.dlopen" {
        LOADS.fetch_add(1, Ordering::Relaxed);
    }
    if !in_progress() || is_quiet() || args.is_null() {
        return 0;
    }
    // SAFETY: CPython holds the interpreter.
    let py = unsafe { Python::assume_attached() };
    let Some(listener) = LISTENER.get(py).filter(|_| EVENTS.contains(&event)) else { return 0 };
    // SAFETY: CPython hands over a tuple that outlives this call.
    let args = unsafe { Bound::from_borrowed_ptr(py, args) };
    if let Err(error) = quietly(|| listener.call1(py, (event.to_str().unwrap_or_default(), args))) {
        error.write_unraisable(py, None);
    }
    0
}

/// A stand-in for a built-in function: while a build is in progress, `watcher(arguments, named)` is called before it.
#[pyfunction]
pub(crate) fn watched(
    py: Python<'_>,
    original: &Bound<'_, PyAny>,
    watcher: Py<PyAny>,
) -> PyResult<Py<PyAny>> {
    // SAFETY: asks for the type of a live object.
    if unsafe { ffi::PyCFunction_CheckExact(original.as_ptr()) } == 0 {
        return Err(PyTypeError::new_err("only built-in functions can be watched"));
    }
    let fresh = Watched { original: original.clone().unbind(), watcher };
    let Some(at) = WATCHED.iter().position(|slot| slot.get().is_none()) else {
        return Err(PyRuntimeError::new_err("too many functions are watched"));
    };
    if WATCHED[at].set(fresh).is_err() {
        return Err(PyRuntimeError::new_err("two threads began to watch at once"));
    }
    let calls: [ffi::PyCFunctionFastWithKeywords; SLOTS] =
        [call::<0>, call::<1>, call::<2>, call::<3>, call::<4>, call::<5>, call::<6>, call::<7>];
    // SAFETY: checked above to be a built-in function, whose definition is never freed.
    let definition = unsafe { &*(*original.as_ptr().cast::<BuiltIn>()).definition };
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: definition.ml_name,
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: calls[at] },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: definition.ml_doc,
    }));
    let (home, module) = (original.getattr("__self__")?, original.getattr("__module__")?);
    // SAFETY: the definition is leaked above; the new function takes its own references.
    unsafe {
        let function = ffi::PyCFunction_NewEx(definition, home.as_ptr(), module.as_ptr());
        Ok(Bound::from_owned_ptr_or_err(py, function)?.unbind())
    }
}

/// The C code of one watched function.
unsafe extern "C" fn call<const SLOT: usize>(
    _home: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let Some(watched) = WATCHED[SLOT].get() else { return ptr::null_mut() };
    if in_progress() && !is_quiet() {
        // SAFETY: CPython calls with the interpreter held, and with as many arguments as it says.
        let (py, given) = unsafe { (Python::assume_attached(), gathered(args, count, names)) };
        let told = given.and_then(|(args, named)| quietly(|| watched.watcher.call1(py, (args, named))));
        if let Err(error) = told {
            error.write_unraisable(py, None);
        }
    }
    // SAFETY: the very arguments of this call.
    unsafe { ffi::PyObject_Vectorcall(watched.original.as_ptr(), args, count.cast_unsigned(), names) }
}

/// The arguments of a fast call as a tuple and a dict.
///
/// # Safety
/// The interpreter is held, and `args` has `count` objects and one more for each of `names`.
unsafe fn gathered<'py>(
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    // SAFETY: as promised by the caller.
    unsafe {
        let py = Python::assume_attached();
        let count = count.cast_unsigned();
        let at = |index: usize| Bound::from_borrowed_ptr(py, *args.add(index));
        let positional = PyTuple::new(py, (0..count).map(at))?;
        let named = PyDict::new(py);
        if let Some(names) = Bound::from_borrowed_ptr_or_opt(py, names) {
            for (index, name) in names.cast_into::<PyTuple>()?.iter().enumerate() {
                named.set_item(name.cast_into::<PyString>()?, at(count + index))?;
            }
        }
        Ok((positional, named))
    }
}
