//! Arguments as they were: what the front table keeps of a call, to be compared with what a later call is given.
//!
//! Simple values are kept as they are. Lists, dicts and objects of the project's classes, which can change, are taken apart:
//! kept is what a key would say of them, so an object that was changed is another one, and an equal one made anew is the
//! same. Promises: 1. neither taking nor comparing runs anybody's code; 2. no list, dict or object is held, so none lives
//! longer for it and no address is taken for another's. Refuses: what is large, deep or made of itself; that takes the whole
//! road.

#![expect(unsafe_code, reason = "values come as raw pointers, and objects are read in place")]

use pyo3::ffi;

use crate::hand_made::Own;
use crate::plans::{Plan, Plans};
use crate::simple::{self, turned};

/// Containers inside containers are looked into this deep.
const DEPTH_MAX: usize = 8;

/// Values inside of the containers of a call: more take the whole road.
const VALUES_MAX: usize = 256;

/// One value.
pub(crate) enum Shape {
    /// A value of a simple type.
    Plain(Own),
    Tuple(Box<[Self]>),
    List(Box<[Self]>),
    /// Pairs in their order.
    Dict(Box<[(Self, Self)]>),
    /// An object of a class.
    Object(Box<Object>),
}

/// An object, read by the plan of that number.
#[derive(PartialEq)]
pub(crate) struct Object {
    plan: u64,
    items: Box<[Shape]>,
    slots: Box<[Option<Shape>]>,
    attributes: Box<[(Shape, Shape)]>,
}

/// One look at the values of a call.
pub(crate) struct Look<'a> {
    plans: &'a Plans,
    /// The object that was met last.
    last: Option<(*mut ffi::PyObject, Parts<'a>)>,
    left: usize,
    /// What must be seen to, by running code, before another look can tell.
    pub(crate) unready: Unready,
}

/// Why a look came to nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unready {
    /// A value has no shape.
    Never,
    /// The class of an object was not looked at.
    Class(*mut ffi::PyTypeObject),
    /// The attributes of an object lie where they cannot be read in place.
    Attributes(*mut ffi::PyObject),
}

/// What is read of an object: its items, if it is a tuple, its slots and its attributes.
#[derive(Clone, Copy)]
struct Parts<'a> {
    plan: &'a Plan,
    attributes: *mut ffi::PyObject,
}

impl<'a> Look<'a> {
    pub(crate) fn new(plans: &'a Plans) -> Self {
        Self { plans, last: None, left: VALUES_MAX, unready: Unready::Never }
    }

    fn may_enter(&mut self, values: usize, depth: usize) -> Option<usize> {
        self.left = self.left.checked_sub(values)?;
        depth.checked_sub(1)
    }

    /// Goes on with the hash of one value.
    ///
    /// # Safety
    /// The interpreter is attached, and the value alive; so for all below.
    #[inline]
    pub(crate) unsafe fn hash(&mut self, hash: u64, value: *mut ffi::PyObject) -> Option<u64> {
        // SAFETY: promised by the caller.
        match unsafe { simple::hash(value) } {
            Some(own) => Some(turned(hash, own)),
            // SAFETY: as above.
            None if unsafe { is_made_by_python(value) } => unsafe {
                self.hash_object(hash, value, DEPTH_MAX)
            },
            // SAFETY: as above.
            None => unsafe { self.hash_in(hash, value, DEPTH_MAX) },
        }
    }

    unsafe fn hash_at(&mut self, hash: u64, value: *mut ffi::PyObject, depth: usize) -> Option<u64> {
        // SAFETY: promised by the caller.
        match unsafe { simple::hash(value) } {
            Some(own) => Some(turned(hash, own)),
            // SAFETY: as above.
            None => unsafe { self.hash_in(hash, value, depth) },
        }
    }

    unsafe fn hash_all(&mut self, hash: u64, values: &[*mut ffi::PyObject], depth: usize) -> Option<u64> {
        let depth = self.may_enter(values.len(), depth)?;
        let mut hash = turned(hash, values.len() as u64);
        for value in values {
            // SAFETY: promised by the caller.
            hash = unsafe { self.hash_at(hash, *value, depth) }?;
        }
        Some(turned(hash, 1))
    }

    unsafe fn hash_in(&mut self, hash: u64, value: *mut ffi::PyObject, depth: usize) -> Option<u64> {
        // SAFETY: promised by the caller; each value is read as what its type says.
        unsafe {
            let class = ffi::Py_TYPE(value);
            if class == &raw mut ffi::PyTuple_Type {
                return self.hash_all(hash, items(value), depth);
            }
            if class == &raw mut ffi::PyList_Type {
                return self.hash_all(turned(hash, 2), elements(value), depth);
            }
            if class == &raw mut ffi::PyDict_Type {
                return self.hash_pairs(turned(hash, 3), value, depth);
            }
            self.hash_object(hash, value, depth)
        }
    }

    #[inline(never)]
    unsafe fn hash_object(&mut self, hash: u64, value: *mut ffi::PyObject, depth: usize) -> Option<u64> {
        // SAFETY: promised by the caller.
        unsafe {
            let parts = self.parts(value)?;
            let mut hash = turned(hash, parts.plan.serial);
            if parts.plan.items {
                return self.hash_all(hash, items(value), depth);
            }
            let depth = self.may_enter(parts.plan.slots.len(), depth)?;
            for slot in parts.slots(value) {
                hash = if slot.is_null() { turned(hash, 6) } else { self.hash_at(hash, slot, depth)? };
            }
            if parts.attributes.is_null() || size_of_dict(parts.attributes) == 0 {
                return Some(hash);
            }
            self.hash_pairs(hash, parts.attributes, depth)
        }
    }

    unsafe fn hash_pairs(&mut self, hash: u64, dict: *mut ffi::PyObject, depth: usize) -> Option<u64> {
        // SAFETY: promised by the caller.
        unsafe {
            let size = size_of_dict(dict);
            let mut hash = turned(hash, size as u64);
            let depth = self.may_enter(2 * size, depth)?;
            for (name, value) in Pairs::of(dict) {
                hash = self.hash_at(hash, name, depth)?;
                hash = self.hash_at(hash, value, depth)?;
            }
            Some(hash)
        }
    }

    /// How to read an object; remembers what must be seen to when it cannot be told yet.
    #[inline]
    unsafe fn parts(&mut self, value: *mut ffi::PyObject) -> Option<Parts<'a>> {
        // Nothing runs while one look lasts, so what was found is so still.
        if let Some((last, parts)) = self.last
            && last == value
        {
            return Some(parts);
        }
        // SAFETY: promised by the caller.
        unsafe {
            let class = ffi::Py_TYPE(value);
            let Ok(plan) = self.plans.of(class) else {
                self.unready = Unready::Class(class);
                return None;
            };
            let plan = plan?;
            let mut parts = Parts { plan, attributes: std::ptr::null_mut() };
            if plan.dict && !plan.items {
                let Some(attributes) = attributes(value) else {
                    self.unready = Unready::Attributes(value);
                    return None;
                };
                parts.attributes = attributes;
            }
            self.last = Some((value, parts));
            Some(parts)
        }
    }

    /// Takes a value apart, to keep what counts of it.
    ///
    /// # Safety
    /// The interpreter is attached, and the value alive.
    pub(crate) unsafe fn take(&mut self, value: *mut ffi::PyObject) -> Option<Shape> {
        // SAFETY: promised by the caller.
        unsafe { self.take_at(value, DEPTH_MAX) }
    }

    unsafe fn take_at(&mut self, value: *mut ffi::PyObject, depth: usize) -> Option<Shape> {
        // SAFETY: promised by the caller; each value is read as what its type says.
        unsafe {
            if simple::hash(value).is_some() {
                return Some(Shape::Plain(Own::take(value)));
            }
            let class = ffi::Py_TYPE(value);
            if class == &raw mut ffi::PyTuple_Type {
                return Some(Shape::Tuple(self.take_all(items(value), depth)?));
            }
            if class == &raw mut ffi::PyList_Type {
                return Some(Shape::List(self.take_all(elements(value), depth)?));
            }
            if class == &raw mut ffi::PyDict_Type {
                return Some(Shape::Dict(self.take_pairs(value, depth)?));
            }
            let parts = self.parts(value)?;
            let plan = parts.plan.serial;
            if parts.plan.items {
                let items = self.take_all(items(value), depth)?;
                let (slots, attributes) = (Box::default(), Box::default());
                return Some(Shape::Object(Box::new(Object { plan, items, slots, attributes })));
            }
            let depth = self.may_enter(parts.plan.slots.len(), depth)?;
            let mut slots = Vec::with_capacity(parts.plan.slots.len());
            for slot in parts.slots(value) {
                slots.push(if slot.is_null() { None } else { Some(self.take_at(slot, depth)?) });
            }
            let attributes = if parts.attributes.is_null() {
                Box::default()
            } else if are_usual(parts.attributes) {
                self.take_pairs(parts.attributes, depth)?
            } else {
                return None;
            };
            let (items, slots) = (Box::default(), slots.into());
            Some(Shape::Object(Box::new(Object { plan, items, slots, attributes })))
        }
    }

    unsafe fn take_all(&mut self, values: &[*mut ffi::PyObject], depth: usize) -> Option<Box<[Shape]>> {
        let depth = self.may_enter(values.len(), depth)?;
        // SAFETY: promised by the caller.
        values.iter().map(|value| unsafe { self.take_at(*value, depth) }).collect()
    }

    unsafe fn take_pairs(&mut self, dict: *mut ffi::PyObject, depth: usize) -> Option<Box<[(Shape, Shape)]>> {
        // SAFETY: promised by the caller.
        unsafe {
            let depth = self.may_enter(2 * size_of_dict(dict), depth)?;
            let mut pairs = Vec::with_capacity(size_of_dict(dict));
            for (name, value) in Pairs::of(dict) {
                pairs.push((self.take_at(name, depth)?, self.take_at(value, depth)?));
            }
            Some(pairs.into())
        }
    }

    /// Whether a value is what a shape was taken of, or equal to it.
    ///
    /// # Safety
    /// The interpreter is attached, and the value alive.
    #[inline]
    pub(crate) unsafe fn is(&mut self, shape: &Shape, value: *mut ffi::PyObject) -> bool {
        match shape {
            // SAFETY: promised by the caller.
            Shape::Plain(own) => own.as_ptr() == value || unsafe { simple::same(own.as_ptr(), value) },
            // SAFETY: as above.
            _ => unsafe { self.is_in(shape, value) },
        }
    }

    #[inline(never)]
    unsafe fn is_in(&mut self, shape: &Shape, value: *mut ffi::PyObject) -> bool {
        // SAFETY: promised by the caller; each value is read as what its type says.
        unsafe {
            let class = ffi::Py_TYPE(value);
            match shape {
                Shape::Plain(_) => self.is(shape, value),
                Shape::Tuple(were) => class == &raw mut ffi::PyTuple_Type && self.all_are(were, items(value)),
                Shape::List(were) => {
                    class == &raw mut ffi::PyList_Type && self.all_are(were, elements(value))
                }
                Shape::Dict(were) => class == &raw mut ffi::PyDict_Type && self.pairs_are(were, value),
                Shape::Object(was) => self.object_is(was, value),
            }
        }
    }

    #[inline]
    unsafe fn object_is(&mut self, was: &Object, value: *mut ffi::PyObject) -> bool {
        // SAFETY: promised by the caller.
        unsafe {
            let Some(parts) = self.parts(value) else { return false };
            if parts.plan.serial != was.plan {
                return false;
            }
            if parts.plan.items {
                return self.all_are(&was.items, items(value));
            }
            let mut slots = was.slots.iter().zip(parts.slots(value));
            let same = slots.all(|(was, now)| match was {
                Some(was) => !now.is_null() && self.is(was, now),
                None => now.is_null(),
            });
            let size = if parts.attributes.is_null() { 0 } else { size_of_dict(parts.attributes) };
            same && was.attributes.len() == size
                && (size == 0 || self.pairs_are(&was.attributes, parts.attributes))
        }
    }

    unsafe fn all_are(&mut self, were: &[Shape], values: &[*mut ffi::PyObject]) -> bool {
        // SAFETY: promised by the caller.
        were.len() == values.len() && were.iter().zip(values).all(|(was, now)| unsafe { self.is(was, *now) })
    }

    unsafe fn pairs_are(&mut self, were: &[(Shape, Shape)], dict: *mut ffi::PyObject) -> bool {
        // SAFETY: promised by the caller.
        unsafe {
            were.len() == size_of_dict(dict)
                && were
                    .iter()
                    .zip(Pairs::of(dict))
                    .all(|((name, was), (now, value))| self.is(name, now) && self.is(was, value))
        }
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(left), Self::Plain(right)) => {
                // SAFETY: both are held, and the interpreter is attached where shapes are.
                left.as_ptr() == right.as_ptr() || unsafe { simple::same(left.as_ptr(), right.as_ptr()) }
            }
            (Self::Tuple(left), Self::Tuple(right)) | (Self::List(left), Self::List(right)) => left == right,
            (Self::Dict(left), Self::Dict(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => left == right,
            _ => false,
        }
    }
}

impl Parts<'_> {
    /// What the slots of an object hold; null for an empty one.
    unsafe fn slots(&self, value: *mut ffi::PyObject) -> impl Iterator<Item = *mut ffi::PyObject> {
        // SAFETY: the plan is that of the object's class, so a pointer to an object or null lies there.
        self.plan
            .slots
            .iter()
            .map(move |offset| unsafe { *value.byte_add(*offset).cast::<*mut ffi::PyObject>() })
    }
}

/// Whether none of an object's attributes may say how it is copied.
unsafe fn are_usual(attributes: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller.
    let mut names = unsafe { Pairs::of(attributes) };
    names.all(|(name, _)| {
        // SAFETY: the name is alive; a text's first letters are read without code.
        unsafe {
            ffi::Py_TYPE(name) == &raw mut ffi::PyUnicode_Type && {
                let (mut length, mut dunder) = (0, false);
                let text = ffi::PyUnicode_AsUTF8AndSize(name, &raw mut length);
                if text.is_null() {
                    ffi::PyErr_Clear();
                } else {
                    let bytes = std::slice::from_raw_parts(text.cast::<u8>(), length.unsigned_abs());
                    dunder = bytes.starts_with(b"__") && bytes.ends_with(b"__");
                }
                !dunder && !text.is_null()
            }
        }
    })
}

/// The pairs of a dict; nothing may run while they are read.
struct Pairs {
    dict: *mut ffi::PyObject,
    at: ffi::Py_ssize_t,
}

impl Pairs {
    unsafe fn of(dict: *mut ffi::PyObject) -> Self {
        Self { dict, at: 0 }
    }
}

impl Iterator for Pairs {
    type Item = (*mut ffi::PyObject, *mut ffi::PyObject);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut name, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the dict is alive and unchanged since the first look.
        let more = unsafe { ffi::PyDict_Next(self.dict, &raw mut self.at, &raw mut name, &raw mut value) };
        (more != 0).then_some((name, value))
    }
}

/// Whether a value's class was made while the program runs.
#[inline]
unsafe fn is_made_by_python(value: *mut ffi::PyObject) -> bool {
    // SAFETY: promised by the caller.
    unsafe { (*ffi::Py_TYPE(value)).tp_flags & ffi::Py_TPFLAGS_HEAPTYPE != 0 }
}

unsafe fn size_of_dict(dict: *mut ffi::PyObject) -> usize {
    // SAFETY: promised by the caller.
    unsafe { (*dict.cast::<ffi::PyDictObject>()).ma_used }.unsigned_abs()
}

unsafe fn items<'a>(tuple: *mut ffi::PyObject) -> &'a [*mut ffi::PyObject] {
    // SAFETY: the caller hands over a living tuple.
    unsafe {
        let length = usize::try_from(ffi::PyTuple_GET_SIZE(tuple)).unwrap_or(0);
        std::slice::from_raw_parts((*tuple.cast::<ffi::PyTupleObject>()).ob_item.as_ptr(), length)
    }
}

unsafe fn elements<'a>(list: *mut ffi::PyObject) -> &'a [*mut ffi::PyObject] {
    // SAFETY: the caller hands over a living list, which nobody changes while it is read.
    unsafe {
        let length = usize::try_from(ffi::PyList_GET_SIZE(list)).unwrap_or(0);
        let first = (*list.cast::<ffi::PyListObject>()).ob_item;
        if length == 0 { &[] } else { std::slice::from_raw_parts(first, length) }
    }
}

/// The `__dict__` of an object, borrowed; null when it has none yet, `None` when it must be made first.
///
/// Up to 3.11 to make one may run code, because memory may be tidied up; later that waits until code runs anyway.
#[cfg(not(Py_3_12))]
unsafe fn attributes(object: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
    // SAFETY: promised by the caller; the layouts are those of 3.10 and 3.11.
    unsafe {
        if cfg!(Py_3_11) && (*ffi::Py_TYPE(object)).tp_flags & MANAGED_DICT != 0 {
            // Before the object: its values as long as it has no dict, then the dict.
            let before = object.cast::<*mut ffi::PyObject>();
            let (values, dict) = (*before.sub(4), *before.sub(3));
            return if dict.is_null() && !values.is_null() { None } else { Some(dict) };
        }
        let place = _PyObject_GetDictPtr(object);
        Some(if place.is_null() { std::ptr::null_mut() } else { *place })
    }
}

#[cfg(not(Py_3_12))]
unsafe extern "C" {
    fn _PyObject_GetDictPtr(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject;
}

#[cfg(not(Py_3_12))]
const MANAGED_DICT: std::ffi::c_ulong = 1 << 4;

#[cfg(Py_3_12)]
unsafe fn attributes(object: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
    // SAFETY: promised by the caller. The object holds its dict, so it lives on when the reference is given back.
    unsafe {
        let dict = ffi::PyObject_GenericGetDict(object, std::ptr::null_mut());
        if dict.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        ffi::Py_DECREF(dict);
        Some(dict)
    }
}
