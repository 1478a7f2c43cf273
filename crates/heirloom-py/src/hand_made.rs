//! The one kind of callable that is made by hand: a heap type with vectorcall, which no `#[pyclass]` has.
//!
//! `call.rs` (what `@cached` stands on) and `lru/` (the drop-in for `functools`) are the two types made here. Promises: 1. a call reaches Rust without a tuple, a dict or a bound method being made; 2. instances have a `__dict__`, can be
//! referenced weakly, bind as methods, and their cycles are collected. Refuses: running without the interpreter; every
//! function here is called by it.

#![expect(unsafe_code, reason = "a type object is made of raw pointers")]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::mem::offset_of;
use std::ptr::{self, null, null_mut};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// What stands under a hand-made callable.
pub(crate) trait Answers: Sized {
    /// The type's name with its module.
    const NAME: &'static CStr;

    /// Reads the arguments of the constructor.
    fn new(args: &Bound<'_, PyAny>, kwargs: Option<&Bound<'_, PyAny>>) -> PyResult<Self>;

    /// Answers a call.
    ///
    /// # Safety
    /// As of a `vectorcallfunc`, with the interpreter attached.
    unsafe fn call(this: *mut HandMade<Self>, call: RawCall) -> *mut ffi::PyObject;

    /// Visits every Python object that is held; stops at the first answer that is not 0.
    fn traverse(&self, visit: &mut dyn FnMut(*mut ffi::PyObject) -> c_int) -> c_int;

    /// Lets go of every Python object that may be part of a cycle.
    fn clear(&mut self);

    /// The methods of the type.
    fn methods() -> Vec<ffi::PyMethodDef>;
}

/// An instance, as the interpreter sees it.
#[repr(C)]
pub(crate) struct HandMade<T> {
    object: ffi::PyObject,
    vectorcall: Option<ffi::vectorcallfunc>,
    dict: *mut ffi::PyObject,
    weak: *mut ffi::PyObject,
    pub(crate) inner: T,
}

/// The arguments of a call, as the interpreter hands them over.
#[derive(Clone, Copy)]
pub(crate) struct RawCall {
    pub(crate) args: *const *mut ffi::PyObject,
    pub(crate) count: usize,
    pub(crate) names: *mut ffi::PyObject,
}

/// A reference that is owned; only taken and dropped while the interpreter is attached.
pub(crate) struct Own(*mut ffi::PyObject);

// SAFETY: nothing but its reference count is touched, and that only while the interpreter is attached.
unsafe impl Send for Own {}
// SAFETY: as above.
unsafe impl Sync for Own {}

impl Own {
    /// Takes a reference.
    ///
    /// # Safety
    /// `object` is alive, and the interpreter attached.
    pub(crate) unsafe fn take(object: *mut ffi::PyObject) -> Self {
        // SAFETY: promised by the caller.
        unsafe { ffi::Py_INCREF(object) };
        Self(object)
    }

    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and whoever drops it runs in the interpreter.
        unsafe { ffi::Py_DECREF(self.0) };
    }
}

impl RawCall {
    /// How many arguments are positional.
    #[inline]
    pub(crate) fn positional(&self) -> usize {
        self.count & !ffi::PY_VECTORCALL_ARGUMENTS_OFFSET
    }

    /// The names of the named arguments.
    ///
    /// # Safety
    /// The call is still running.
    #[inline]
    pub(crate) unsafe fn names<'a>(&self) -> &'a [*mut ffi::PyObject] {
        if self.names.is_null() {
            return &[];
        }
        // SAFETY: the interpreter hands over a tuple, which lives as long as the call.
        unsafe {
            let length = usize::try_from(ffi::PyTuple_GET_SIZE(self.names)).unwrap_or(0);
            let items = (*self.names.cast::<ffi::PyTupleObject>()).ob_item.as_ptr();
            std::slice::from_raw_parts(items, length)
        }
    }

    /// The values: first the positional ones, then those of the names.
    ///
    /// # Safety
    /// The call is still running.
    #[inline]
    pub(crate) unsafe fn values<'a>(&self) -> &'a [*mut ffi::PyObject] {
        // SAFETY: promised by the calling convention.
        unsafe {
            let length = self.positional() + self.names().len();
            if length == 0 { &[] } else { std::slice::from_raw_parts(self.args, length) }
        }
    }
}

/// Makes the type.
pub(crate) fn make<T: Answers>(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let offset = |name: &'static CStr, offset: usize| ffi::PyMemberDef {
        name: name.as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: offset.cast_signed(),
        flags: ffi::Py_READONLY,
        doc: null(),
    };
    let members = vec![
        offset(c"__vectorcalloffset__", offset_of!(HandMade<T>, vectorcall)),
        offset(c"__dictoffset__", offset_of!(HandMade<T>, dict)),
        offset(c"__weaklistoffset__", offset_of!(HandMade<T>, weak)),
        ffi::PyMemberDef::default(),
    ];
    let properties = vec![
        ffi::PyGetSetDef {
            name: c"__dict__".as_ptr(),
            get: Some(ffi::PyObject_GenericGetDict),
            set: Some(ffi::PyObject_GenericSetDict),
            ..ffi::PyGetSetDef::default()
        },
        ffi::PyGetSetDef::default(),
    ];
    let mut methods = T::methods();
    methods.push(ffi::PyMethodDef::zeroed());
    let slot = |slot: c_int, function: *mut c_void| ffi::PyType_Slot { slot, pfunc: function };
    // The interpreter keeps pointers into these for as long as the type lives, which is for ever.
    let mut slots = vec![
        slot(ffi::Py_tp_members, members.leak().as_mut_ptr().cast()),
        slot(ffi::Py_tp_getset, properties.leak().as_mut_ptr().cast()),
        slot(ffi::Py_tp_methods, methods.leak().as_mut_ptr().cast()),
        slot(ffi::Py_tp_new, new::<T> as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc::<T> as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse::<T> as *mut c_void),
        slot(ffi::Py_tp_clear, clear::<T> as *mut c_void),
        slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
        slot(ffi::Py_tp_descr_get, bind as *mut c_void),
        slot(0, null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_BASETYPE
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
    let mut spec = ffi::PyType_Spec {
        name: T::NAME.as_ptr(),
        basicsize: c_int::try_from(size_of::<HandMade<T>>())?,
        itemsize: 0,
        flags: c_uint::try_from(flags)?,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification is complete, and what it points to lives long enough.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)) }?;
    Ok(made.cast_into::<PyType>()?)
}

/// Gives a Python subclass of such a type the two flags that heap types do not inherit (before Python 3.12).
///
/// For subclasses that override neither `__call__` nor, but for unbound calls, `__get__`.
#[pyfunction]
pub(crate) fn hand_made(class: Bound<'_, PyType>) -> Bound<'_, PyType> {
    let raw = class.as_type_ptr();
    // SAFETY: the type object is alive; layout and `tp_vectorcall_offset` are its base's.
    unsafe {
        if (*raw).tp_vectorcall_offset > 0 {
            (*raw).tp_flags |= ffi::Py_TPFLAGS_HAVE_VECTORCALL | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
            ffi::PyType_Modified(raw);
        }
    }
    class
}

/// Hands an answer, or an exception, to the interpreter.
pub(crate) fn answer(py: Python<'_>, answer: PyResult<Bound<'_, PyAny>>) -> *mut ffi::PyObject {
    match answer {
        Ok(value) => value.into_ptr(),
        Err(error) => {
            error.restore(py);
            null_mut()
        }
    }
}

/// One entry of [`Answers::methods`] that takes no argument, or one.
pub(crate) fn method(
    name: &'static CStr,
    function: ffi::PyCFunction,
    takes: c_int,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    let ml_meth = ffi::PyMethodDefPointer { PyCFunction: function };
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth,
        ml_flags: takes,
        ml_doc: doc.as_ptr().cast::<c_char>(),
    }
}

unsafe extern "C" fn new<T: Answers>(
    class: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    Python::attach(|py| {
        // SAFETY: the interpreter hands over a tuple, and a dict or nothing.
        let (args, kwargs) =
            unsafe { (Bound::from_borrowed_ptr(py, args), Bound::from_borrowed_ptr_or_opt(py, kwargs)) };
        let inner = match T::new(&args, kwargs.as_ref()) {
            Ok(inner) => inner,
            Err(error) => {
                error.restore(py);
                return null_mut();
            }
        };
        // SAFETY: memory for an instance of the class, whose layout begins with ours; filled before anybody sees it.
        unsafe {
            let Some(alloc) = (*class).tp_alloc else { return null_mut() };
            let object = alloc(class, 0);
            if !object.is_null() {
                let this = object.cast::<HandMade<T>>();
                ptr::write(&raw mut (*this).inner, inner);
                (*this).vectorcall = Some(vectorcall::<T>);
            }
            object
        }
    })
}

unsafe extern "C" fn vectorcall<T: Answers>(
    this: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: promised by the interpreter.
    unsafe { T::call(this.cast(), RawCall { args, count, names }) }
}

unsafe extern "C" fn bind(
    this: *mut ffi::PyObject,
    instance: *mut ffi::PyObject,
    _class: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter hands over living objects.
    unsafe {
        if instance.is_null() || ffi::Py_IsNone(instance) == 1 {
            ffi::Py_INCREF(this);
            return this;
        }
        PyMethod_New(this, instance)
    }
}

unsafe extern "C" {
    fn PyMethod_New(function: *mut ffi::PyObject, instance: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

unsafe extern "C" fn traverse<T: Answers>(
    this: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visit = |object: *mut ffi::PyObject| {
        // SAFETY: `visit` comes from the collector, and what is visited is held by this object.
        if object.is_null() { 0 } else { unsafe { visit(object, arg) } }
    };
    // SAFETY: the collector hands over a living instance.
    unsafe {
        let this = this.cast::<HandMade<T>>();
        let met = visit(ffi::Py_TYPE(this.cast()).cast());
        if met != 0 {
            return met;
        }
        let met = visit((*this).dict);
        if met != 0 { met } else { (*this).inner.traverse(&mut visit) }
    }
}

unsafe extern "C" fn clear<T: Answers>(this: *mut ffi::PyObject) -> c_int {
    // SAFETY: the collector hands over a living instance.
    unsafe {
        let this = this.cast::<HandMade<T>>();
        let dict = ptr::replace(&raw mut (*this).dict, null_mut());
        ffi::Py_XDECREF(dict);
        (*this).inner.clear();
    }
    0
}

unsafe extern "C" fn dealloc<T: Answers>(this: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone, so nobody else sees the instance; its type is held by it until the end.
    unsafe {
        ffi::PyObject_GC_UnTrack(this.cast());
        let made = this.cast::<HandMade<T>>();
        if !(*made).weak.is_null() {
            ffi::PyObject_ClearWeakRefs(this);
        }
        let dict = ptr::replace(&raw mut (*made).dict, null_mut());
        ffi::Py_XDECREF(dict);
        ptr::drop_in_place(&raw mut (*made).inner);
        let class = ffi::Py_TYPE(this);
        if let Some(free) = (*class).tp_free {
            free(this.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}
