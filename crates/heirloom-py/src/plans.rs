//! What of an object of a project's class counts in a key, worked out once for each class and state of it.
//!
//! On the road: beneath `shape.rs`. Python's half, `heirloom/_shapes.py`, reads the class; this side keeps what it found
//! under the class's version tag, which no other state of any class ever has. Promises: 1. a class that was changed in any
//! way that a key could see has no plan; 2. a look runs no code. Refuses: classes that say themselves what is copied of
//! their objects.

#![expect(unsafe_code, reason = "fields of classes and functions are read in place")]

use std::cell::{Cell, UnsafeCell};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use hashbrown::HashTable;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::hand_made::Own;

/// More classes than these are forgotten and looked at again.
const CLASSES_MAX: usize = 256;

/// The plans of one factory, whose code level they depend on.
pub(crate) struct Plans {
    known: UnsafeCell<HashTable<Known>>,
    /// The class that was asked for last, its tag and its plan, which stands in the table.
    last: Cell<(*mut ffi::PyTypeObject, u32, *const Plan)>,
    code: bool,
}

// SAFETY: the table is reached only with the interpreter attached, for the length of a look in which no code runs.
unsafe impl Send for Plans {}
// SAFETY: as above.
unsafe impl Sync for Plans {}

struct Known {
    class: *mut ffi::PyTypeObject,
    tag: u32,
    /// `None` for a class of which only the whole road can tell.
    plan: Option<Box<Plan>>,
}

/// How to read an object of one class.
pub(crate) struct Plan {
    /// Another one for each plan that is made, so that what was kept under an older one never matches.
    pub(crate) serial: u64,
    /// Whether its objects are tuples, which count by their items only.
    pub(crate) items: bool,
    /// Whether its objects have a `__dict__`.
    pub(crate) dict: bool,
    /// Where in an object its slots lie.
    pub(crate) slots: Box<[usize]>,
    /// The code of its functions, where that counts: the field and what it holds.
    codes: Box<[(*const *mut ffi::PyObject, Own)]>,
    /// The name it goes by.
    name: Own,
    /// How many classes said elsewhere how they are copied.
    copied: ffi::Py_ssize_t,
}

// SAFETY: only read and dropped with the interpreter attached.
unsafe impl Send for Plan {}
// SAFETY: as above.
unsafe impl Sync for Plan {}

/// What `heirloom/_shapes.py` says of a class: whether it is a tuple, its slots, and its functions whose code counts.
type Told<'py> = (bool, Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>);

impl Plans {
    /// None yet; `code` says whether the code of classes counts.
    pub(crate) fn new(code: bool) -> Self {
        Self { known: UnsafeCell::default(), last: Cell::new((null_mut(), 0, null())), code }
    }

    /// The plan of a class; `Err` when it was never looked at in its present state.
    ///
    /// # Safety
    /// The interpreter is attached, and an object of the class is alive.
    #[inline]
    pub(crate) unsafe fn of(&self, class: *mut ffi::PyTypeObject) -> Result<Option<&Plan>, ()> {
        // SAFETY: promised by the caller; the last plan stands in the table until another class is looked at.
        unsafe {
            let (last, tag, plan) = self.last.get();
            if last == class && (*class).tp_version_tag == tag && (*plan).holds(class) {
                return Ok(Some(&*plan));
            }
            self.find(class)
        }
    }

    unsafe fn find(&self, class: *mut ffi::PyTypeObject) -> Result<Option<&Plan>, ()> {
        // SAFETY: promised by the caller; nothing here runs code.
        let (known, tag) = unsafe { (&*self.known.get(), (*class).tp_version_tag) };
        let found = known.find(hash(class), |known| known.class == class && known.tag == tag);
        let Some(found) = found.filter(|_| tag != 0) else { return Err(()) };
        let Some(plan) = found.plan.as_deref() else { return Ok(None) };
        // SAFETY: the class is in the state that was looked at.
        if !unsafe { plan.holds(class) } {
            return Err(());
        }
        self.last.set((class, tag, plan));
        Ok(Some(plan))
    }

    /// Looks at a class, which runs code; whether there is an answer for it now.
    pub(crate) fn look(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let raw = class.as_type_ptr();
        // SAFETY: the class is alive.
        let fixed = unsafe { (*raw).tp_flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 };
        let made = if fixed { None } else { self.plan(class)? };
        // SAFETY: as above. Read at the end: to look makes a class have one.
        let tag = unsafe { (*raw).tp_version_tag };
        if tag == 0 {
            return Ok(false);
        }
        let known = Known { class: raw, tag, plan: made.map(Box::new) };
        let mut former = Vec::new();
        self.last.set((null_mut(), 0, null()));
        // SAFETY: the interpreter is attached; what is taken out is dropped when the table is whole again.
        let table = unsafe { &mut *self.known.get() };
        if table.len() >= CLASSES_MAX {
            former.extend(table.drain());
        }
        former.extend(table.extract_if(|known| known.class == raw));
        table.insert_unique(hash(raw), known, |known| hash(known.class));
        drop(former);
        Ok(true)
    }

    fn plan(&self, class: &Bound<'_, PyType>) -> PyResult<Option<Plan>> {
        static PLAN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let py = class.py();
        let told: Option<Told<'_>> =
            PLAN.import(py, "heirloom._shapes", "plan")?.call1((class, self.code))?.extract()?;
        let Some((items, slots, functions)) = told else { return Ok(None) };
        let copied = copied_elsewhere(py)?;
        // SAFETY: the class is alive and was made by Python code, as `plan` found.
        let name = unsafe { Own::take(*name_of(class.as_type_ptr())) };
        Ok(Some(Plan {
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            items,
            dict: class.getattr("__dictoffset__")?.extract::<isize>()? != 0,
            slots: slots.iter().map(offset).collect::<PyResult<_>>()?,
            codes: functions.iter().map(code).collect::<PyResult<_>>()?,
            name,
            copied,
        }))
    }
}

impl Plan {
    /// Whether what has no part in the version tag is as it was.
    #[inline]
    unsafe fn holds(&self, class: *mut ffi::PyTypeObject) -> bool {
        // SAFETY: the class is in the state that was looked at, so its functions are alive.
        unsafe {
            *name_of(class) == self.name.as_ptr()
                && self.codes.iter().all(|(field, code)| **field == code.as_ptr())
                && (*COPIED.load(Ordering::Relaxed).cast::<ffi::PyDictObject>()).ma_used == self.copied
        }
    }
}

/// `copyreg.dispatch_table`, once it was asked for; it is never let go.
static COPIED: AtomicPtr<ffi::PyObject> = AtomicPtr::new(null_mut());

fn copied_elsewhere(py: Python<'_>) -> PyResult<ffi::Py_ssize_t> {
    let table =
        py.import("copyreg")?.getattr("dispatch_table")?.cast_into::<PyDict>().map_err(PyErr::from)?;
    let size = isize::try_from(table.len())?;
    if COPIED.load(Ordering::Relaxed).is_null() {
        COPIED.store(table.into_ptr(), Ordering::Relaxed);
    }
    Ok(size)
}

#[inline]
fn hash(class: *mut ffi::PyTypeObject) -> u64 {
    // Addresses of objects are multiples of 16.
    (class as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Where the name of a class stands that Python code made.
unsafe fn name_of(class: *mut ffi::PyTypeObject) -> *const *mut ffi::PyObject {
    // SAFETY: promised by the caller.
    unsafe { &raw const (*class.cast::<ffi::PyHeapTypeObject>()).ht_qualname }
}

/// Where in an object the slot lies that a descriptor reads.
fn offset(slot: &Bound<'_, PyAny>) -> PyResult<usize> {
    let raw = slot.as_ptr();
    // SAFETY: the object is alive, and of the type that says what lies behind it.
    unsafe {
        if ffi::Py_TYPE(raw) != &raw mut ffi::PyMemberDescr_Type {
            return Err(PyValueError::new_err("a slot that is none"));
        }
        let member = (*raw.cast::<ffi::PyMemberDescrObject>()).d_member.cast::<ffi::PyMemberDef>();
        if (*member).type_code != ffi::Py_T_OBJECT_EX {
            return Err(PyValueError::new_err("a slot that holds no object"));
        }
        Ok(usize::try_from((*member).offset)?)
    }
}

fn code(function: &Bound<'_, PyAny>) -> PyResult<(*const *mut ffi::PyObject, Own)> {
    let raw = function.as_ptr();
    // SAFETY: the object is alive, and a function where its code is read.
    unsafe {
        if ffi::PyFunction_Check(raw) == 0 {
            return Err(PyValueError::new_err("a function that is none"));
        }
        let field = &raw const (*raw.cast::<ffi::PyFunctionObject>()).func_code;
        Ok((field, Own::take(*field)))
    }
}
