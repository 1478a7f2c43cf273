//! Guards: what a closure was made of, kept so that one look tells whether any of it has changed in this process.
//!
//! On the road: before the front table. Promises: 1. a look compares pointers, and of a dict first its version, and takes
//! no lock but the interpreter's, so it costs nanoseconds; 2. what was compared is held, so that no address is another's
//! later. Refuses: to say what has changed; then the closure is walked again.

#![expect(
    unsafe_code,
    reason = "the interpreter's lock guards what is looked at, and fields are read in place"
)]

use std::cell::{Cell, UnsafeCell};
use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple, PyType};

/// One thing to look at.
enum Guard {
    /// Names of a dict and what they stand for; `None` for a name that leads nowhere.
    Names { dict: Py<PyDict>, names: Vec<(Py<PyAny>, Option<Py<PyAny>>)> },
    /// All names of a dict; an object's own may change beside its version.
    Whole { dict: Py<PyDict>, copy: Py<PyDict>, tells: bool },
    /// Code and defaults of a function.
    Function { function: Py<PyAny>, parts: Vec<Py<PyAny>> },
    /// The bases of a class.
    Bases { class: Py<PyType>, bases: Py<PyAny> },
    /// What a cell holds.
    Cell { cell: Py<PyAny>, value: Py<PyAny> },
    /// An attribute of an object with slots.
    Attribute { object: Py<PyAny>, name: Py<PyString>, value: Py<PyAny> },
    /// The elements of a list.
    List { list: Py<PyList>, elements: Py<PyTuple> },
    /// The elements of a set.
    Set { set: Py<PySet>, elements: Py<PyTuple> },
    /// Something that can only be asked again.
    Asked { ask: Py<PyAny>, answer: Py<PyAny> },
    /// Something that can only be digested again.
    Content { value: Py<PyAny>, digest: Vec<u8> },
}

/// A field of a live object, and what it holds as long as nothing has changed.
#[derive(Clone, Copy)]
struct Word {
    at: *const u64,
    was: u64,
    /// Whether it is a dict's version, which is another one also after a change that does not matter.
    version: bool,
}

/// Everything that a closure was made of.
struct Watched {
    guards: Arc<[Guard]>,
    /// What a glance compares: fields of objects that the guards hold.
    words: Box<[Word]>,
    /// Whether the words say everything.
    plain: bool,
}

/// Everything that a closure was made of; `None` when it is known to have changed.
#[pyclass(frozen, module = "heirloom._heirloom")]
pub(crate) struct Guards {
    watched: UnsafeCell<Option<Watched>>,
    /// Whether somebody looks in a way that may run code.
    looking: Cell<bool>,
}

// SAFETY: the fields are reached only with the interpreter attached, and the first is never borrowed while code runs.
// The module announces that it needs the interpreter's lock.
unsafe impl Send for Guards {}
// SAFETY: as above.
unsafe impl Sync for Guards {}

const FUNCTION: [&str; 3] = ["__code__", "__defaults__", "__kwdefaults__"];

#[pymethods]
impl Guards {
    /// Nothing to look at: it holds.
    #[new]
    fn new() -> Self {
        Self { watched: UnsafeCell::new(Some(Watched::over(Vec::new()))), looking: Cell::new(false) }
    }

    /// Looks from now on at what `walker.py` watched, as rows: a word for the kind, and the parts. `absent` stands for
    /// no value.
    fn watch(&self, watched: Vec<Bound<'_, PyTuple>>, absent: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut names: HashMap<usize, (Bound<'_, PyDict>, Vec<_>)> = HashMap::new();
        let mut guards = Vec::new();
        for row in watched {
            let kind: String = row.get_item(0)?.extract()?;
            let part = |at: usize| row.get_item(at);
            match kind.as_str() {
                "entry" | "member" => {
                    let dict = if kind == "entry" { part(1)? } else { dict_of_class(&part(1)?)? };
                    let dict = dict.cast_into::<PyDict>().map_err(PyErr::from)?;
                    let value = Some(part(3)?).filter(|value| !value.is(absent)).map(Bound::unbind);
                    let entry = names.entry(dict.as_ptr() as usize).or_insert_with(|| (dict, Vec::new()));
                    entry.1.push((part(2)?.unbind(), value));
                }
                _ => guards.push(guard(&kind, &row)?),
            }
        }
        guards.extend(names.into_values().map(|(dict, names)| Guard::Names { dict: dict.unbind(), names }));
        self.set(Some(Watched::over(guards)));
        Ok(())
    }

    /// Whether everything is as it was.
    #[inline]
    pub(crate) fn hold(&self, py: Python<'_>) -> bool {
        // SAFETY: the interpreter is attached, and a glance runs no code, so nobody sets them meanwhile.
        let watched = unsafe { &*self.watched.get() };
        let Some(watched) = watched else { return false };
        let glanced = watched.holds_at_a_glance();
        (glanced && watched.plain) || self.look(py, glanced)
    }

    /// Never holds again; returns what is to be looked at instead.
    fn leave(&self) -> Self {
        self.set(None);
        Self::new()
    }

    fn __len__(&self) -> usize {
        self.guards().map_or(0, |guards| guards.len())
    }
}

impl Guards {
    /// Whether a glance is enough to say that everything is as it was. Runs no code.
    #[inline]
    pub(crate) fn hold_at_a_glance(&self) -> bool {
        // SAFETY: the interpreter is attached where guards are asked, and a glance runs no code.
        let watched = unsafe { &*self.watched.get() };
        watched.as_ref().is_some_and(|watched| watched.plain && watched.holds_at_a_glance())
    }

    /// Looks at everything, or at what a glance does not tell, which may run code: an object's `__eq__`, a function that
    /// is asked again.
    #[cold]
    fn look(&self, py: Python<'_>, glanced: bool) -> bool {
        // Somebody else who looks (such code may lead here again) says nothing yet: look the slow way.
        let Some(guards) = self.guards().filter(|_| !self.looking.get()) else { return false };
        self.looking.set(true);
        // Taken before the look: what changes meanwhile is looked at again the next time.
        let words = Watched::words(&guards);
        let mut asked = guards.iter().filter(|guard| !(glanced && guard.is_plain()));
        let hold = asked.all(|guard| guard.holds(py).unwrap_or(false));
        self.looking.set(false);
        // SAFETY: the interpreter is attached, and nothing below runs code.
        let now = unsafe { &mut *self.watched.get() };
        // They may have been left meanwhile.
        let Some(now) = now.as_mut().filter(|now| hold && Arc::ptr_eq(&now.guards, &guards)) else {
            return false;
        };
        for (word, seen) in now.words.iter_mut().zip(words).filter(|(word, _)| word.version) {
            word.was = seen.was;
        }
        true
    }

    fn guards(&self) -> Option<Arc<[Guard]>> {
        // SAFETY: the interpreter is attached, and to count one up runs no code.
        unsafe { (*self.watched.get()).as_ref().map(|watched| Arc::clone(&watched.guards)) }
    }

    /// Exchanges them; the former ones are let go when the new ones stand, because that may run code.
    fn set(&self, watched: Option<Watched>) {
        // SAFETY: the interpreter is attached, and nobody borrows them while code runs.
        let former = unsafe { std::mem::replace(&mut *self.watched.get(), watched) };
        drop(former);
    }
}

impl Watched {
    fn over(guards: Vec<Guard>) -> Self {
        let words = Self::words(&guards);
        Self { words: words.into(), plain: guards.iter().all(Guard::is_plain), guards: guards.into() }
    }

    fn words(guards: &[Guard]) -> Vec<Word> {
        let mut words = Vec::new();
        for guard in guards {
            guard.add_words(&mut words);
        }
        words
    }

    #[inline]
    fn holds_at_a_glance(&self) -> bool {
        // SAFETY: each word is a field of an object that a guard holds, read with the interpreter attached.
        self.words.iter().all(|word| unsafe { word.at.read() } == word.was)
    }
}

impl Word {
    /// A field as it is now.
    ///
    /// # Safety
    /// `at` is a field of 64 bits of a living object.
    unsafe fn now<T>(at: *const T, version: bool) -> Self {
        const { assert!(size_of::<T>() == size_of::<u64>()) };
        let at = at.cast::<u64>();
        // SAFETY: promised by the caller.
        Self { at, was: unsafe { at.read() }, version }
    }
}

fn guard(kind: &str, row: &Bound<'_, PyTuple>) -> PyResult<Guard> {
    let part = |at: usize| row.get_item(at);
    Ok(match kind {
        "dict" => {
            let dict = part(1)?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let copy = part(2)?.cast_into::<PyDict>().map_err(PyErr::from)?.unbind();
            // From 3.13 on an object can change its attributes beside its dict, and the version stays.
            let tells = !cfg!(Py_3_13);
            Guard::Whole { dict: dict.unbind(), copy, tells: tells && VERSIONED }
        }
        "class" => {
            let dict = dict_of_class(&part(1)?)?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let copy = dict.copy()?.unbind();
            Guard::Whole { dict: dict.unbind(), copy, tells: VERSIONED }
        }
        "function" => {
            let function = part(1)?;
            // SAFETY: the object is alive.
            if unsafe { ffi::PyFunction_Check(function.as_ptr()) } == 0 {
                return Err(PyValueError::new_err("a guard of a function over something else"));
            }
            Guard::Function { parts: function_parts(&function)?, function: function.unbind() }
        }
        "bases" => {
            let class = part(1)?.cast_into::<PyType>().map_err(PyErr::from)?;
            Guard::Bases { bases: class.getattr("__bases__")?.unbind(), class: class.unbind() }
        }
        "cell" => {
            let (cell, value) = (part(1)?, part(2)?.unbind());
            // SAFETY: the object is alive.
            if unsafe { ffi::Py_TYPE(cell.as_ptr()) != &raw mut ffi::PyCell_Type } {
                return Err(PyValueError::new_err("a guard of a cell over something else"));
            }
            Guard::Cell { cell: cell.unbind(), value }
        }
        "attribute" => {
            let name = part(2)?.cast_into().map_err(PyErr::from)?.unbind();
            Guard::Attribute { object: part(1)?.unbind(), name, value: part(3)?.unbind() }
        }
        "list" => {
            let list = part(1)?.cast_into::<PyList>().map_err(PyErr::from)?.unbind();
            Guard::List { list, elements: part(2)?.cast_into().map_err(PyErr::from)?.unbind() }
        }
        "set" => {
            let set = part(1)?.cast_into::<PySet>().map_err(PyErr::from)?.unbind();
            Guard::Set { set, elements: part(2)?.cast_into().map_err(PyErr::from)?.unbind() }
        }
        "asked" => Guard::Asked { ask: part(1)?.unbind(), answer: part(2)?.unbind() },
        "content" => Guard::Content { value: part(1)?.unbind(), digest: part(2)?.extract()? },
        other => return Err(PyValueError::new_err(format!("a guard of an unknown kind: {other}"))),
    })
}

impl Guard {
    /// Whether its words say everything.
    fn is_plain(&self) -> bool {
        match self {
            Self::Names { .. } => VERSIONED,
            Self::Whole { tells, .. } => *tells,
            Self::Function { .. } | Self::Cell { .. } | Self::Bases { .. } => true,
            Self::Attribute { .. }
            | Self::List { .. }
            | Self::Set { .. }
            | Self::Asked { .. }
            | Self::Content { .. } => false,
        }
    }

    /// Adds the fields that change when what it guards does.
    fn add_words(&self, words: &mut Vec<Word>) {
        // SAFETY: dict, function, class and cell are what they are called, and alive.
        unsafe {
            match self {
                Self::Names { dict, .. } | Self::Whole { dict, .. } => add_version(dict, words),
                Self::Function { function, .. } => {
                    let function = function.as_ptr().cast::<ffi::PyFunctionObject>();
                    words.push(Word::now(&raw const (*function).func_code, false));
                    words.push(Word::now(&raw const (*function).func_defaults, false));
                    words.push(Word::now(&raw const (*function).func_kwdefaults, false));
                }
                Self::Bases { class, bases } => {
                    let class = class.as_ptr().cast::<ffi::PyTypeObject>();
                    let word = Word::now(&raw const (*class).tp_bases, false);
                    words.push(Word { was: bases.as_ptr() as u64, ..word });
                }
                Self::Cell { cell, value } => {
                    let cell = cell.as_ptr().cast::<ffi::PyCellObject>();
                    let word = Word::now(&raw const (*cell).ob_ref, false);
                    words.push(Word { was: value.as_ptr() as u64, ..word });
                }
                _ => {}
            }
        }
    }

    fn holds(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(match self {
            Self::Names { dict, names } => {
                let dict = dict.bind(py);
                for (name, value) in names {
                    if !same(dict.get_item(name)?.as_ref(), value.as_ref()) {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Whole { dict, copy, .. } => {
                let (dict, copy) = (dict.bind(py), copy.bind(py));
                let mut pairs = dict.iter().zip(copy.iter());
                dict.len() == copy.len() && pairs.all(|(now, then)| now.0.is(&then.0) && now.1.is(&then.1))
            }
            Self::Function { function, parts } => {
                let now = function_parts(function.bind(py))?;
                now.iter().zip(parts).all(|(now, then)| now.is(then))
            }
            Self::Bases { class, bases } => class.bind(py).getattr("__bases__")?.is(bases),
            Self::Cell { cell, value } => cell.bind(py).getattr("cell_contents")?.is(value),
            Self::List { list, elements } => {
                let (list, elements) = (list.bind(py), elements.bind(py));
                list.len() == elements.len()
                    && list.iter().zip(elements.iter_borrowed()).all(|(now, then)| now.is(&*then))
            }
            Self::Attribute { object, name, value } => object.bind(py).getattr(name.bind(py))?.is(value),
            Self::Set { set, elements } => {
                let (set, elements) = (set.bind(py), elements.bind(py));
                set.len() == elements.len()
                    && set.iter().zip(elements.iter_borrowed()).all(|(now, then)| now.is(&*then))
            }
            Self::Asked { ask, answer } => ask.bind(py).call0()?.eq(answer)?,
            Self::Content { value, digest } => {
                crate::encode::digest("content", value.bind(py))?.as_bytes() == digest
            }
        })
    }
}

fn same(now: Option<&Bound<'_, PyAny>>, then: Option<&Py<PyAny>>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => now.is(then),
        (None, None) => true,
        _ => false,
    }
}

/// Whether this Python keeps versions of dicts (PEP 509): another one after every change.
const VERSIONED: bool = cfg!(not(Py_3_14));

/// Adds the field with a dict's version, where there is one.
fn add_version(dict: &Py<PyDict>, words: &mut Vec<Word>) {
    #[cfg(not(Py_3_14))]
    {
        let dict = dict.as_ptr().cast::<ffi::PyDictObject>();
        #[cfg_attr(
            Py_3_12,
            expect(deprecated, reason = "kept up to 3.13, and nothing else tells as cheaply")
        )]
        // SAFETY: the pointer is a live dict's, the interpreter is held, and up to 3.13 the field is kept (PEP 699).
        words.push(unsafe { Word::now(&raw const (*dict).ma_version_tag, true) });
    }
    #[cfg(Py_3_14)]
    let _ = (dict, words);
}

/// A function's code and defaults.
fn function_parts(function: &Bound<'_, PyAny>) -> PyResult<Vec<Py<PyAny>>> {
    FUNCTION.iter().map(|name| function.getattr(*name).map(Bound::unbind)).collect()
}

/// The dict behind a class, of which Python shows only a view.
fn dict_of_class<'py>(class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let class = class.cast::<PyType>().map_err(PyErr::from)?;
    // SAFETY: the class is live, the interpreter is held; a class made by Python code has a dict of its own.
    let dict = unsafe { Bound::from_borrowed_ptr_or_opt(class.py(), (*class.as_type_ptr()).tp_dict) };
    dict.ok_or_else(|| PyValueError::new_err("a class without a dict"))
}
