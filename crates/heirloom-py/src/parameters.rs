//! A function's parameters: what binds a call to values, so that every spelling of one call is one key.
//!
//! Promises: 1. positional, named and defaulted spellings give the same values in the declared order; 2. keyword
//! arguments of `**options` are sorted by name; 3. ignored parameters do not count. Refuses: to complain about a call
//! that does not fit; calling the function says it in Python's own words.

use heirloom_core::Error;
use heirloom_core::identity::Key;
use heirloom_core::identity::key::Encoded;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::encode::{Inside, Refusal, key, write};
use crate::front::Ignored;

/// How one parameter is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    PositionalOnly,
    Usual,
    Rest,
    NamedOnly,
    Options,
}

/// One parameter.
struct Parameter {
    name: Py<PyString>,
    shown: String,
    kind: Kind,
    default: Option<Py<PyAny>>,
    counts: bool,
}

/// All parameters of one function, in declared order.
pub(crate) struct Parameters(Vec<Parameter>);

/// As Python declares one: name, kind (as `inspect` numbers them), whether it has a default, the default, whether
/// it counts.
type Declared = (Py<PyString>, u8, bool, Py<PyAny>, bool);

/// A parameter with its value.
type Filled<'a, 'py> = (&'a Parameter, Bound<'py, PyAny>);

impl Parameters {
    /// Reads what Python declares.
    pub(crate) fn new(py: Python<'_>, declared: Vec<Declared>) -> PyResult<Self> {
        let parameter = |(name, kind, has_default, default, counts): Declared| {
            let kind = match kind {
                0 => Kind::PositionalOnly,
                1 => Kind::Usual,
                2 => Kind::Rest,
                3 => Kind::NamedOnly,
                _ => Kind::Options,
            };
            let shown = name.bind(py).to_str()?.to_owned();
            Ok(Parameter { name, shown, kind, default: has_default.then_some(default), counts })
        };
        Ok(Self(declared.into_iter().map(parameter).collect::<PyResult<_>>()?))
    }

    /// What the front table may leave out of a call.
    pub(crate) fn ignored(&self, py: Python<'_>) -> Ignored {
        let mut ignored = Ignored::default();
        for (place, parameter) in self.0.iter().enumerate().filter(|(_, parameter)| !parameter.counts) {
            match parameter.kind {
                Kind::PositionalOnly | Kind::Usual => ignored.add(parameter.name.bind(py), Some(place)),
                Kind::NamedOnly => ignored.add(parameter.name.bind(py), None),
                // They stand for many arguments, which just are told apart.
                Kind::Rest | Kind::Options => {}
            }
        }
        ignored
    }

    /// Whether some parameter is left out of keys.
    pub(crate) fn leaves_out(&self) -> bool {
        self.0.iter().any(|parameter| !parameter.counts)
    }

    /// The key of a call; `None` when the call does not fit the parameters.
    pub(crate) fn key(
        &self,
        factory: &std::sync::Arc<str>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<Key>> {
        let py = args.py();
        let Some(bound) = self.bind(args, kwargs)? else { return Ok(None) };
        let mut argument = "";
        let made = key(factory, |writer| {
            writer.tuple(bound.len() as u64);
            for (parameter, value) in &bound {
                argument = &parameter.shown;
                match (parameter.kind, value.cast::<PyDict>()) {
                    (Kind::Options, Ok(options)) => writer.map(sorted(options)?).map_err(Error::from)?,
                    _ => write(value, writer, &Inside::top(1))?,
                }
            }
            Ok(())
        });
        made.map(Some).map_err(|refusal| refusal.for_argument(py, factory, argument))
    }

    /// The values that count, each with its parameter.
    fn bind<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Vec<Filled<'_, 'py>>>> {
        let (py, mut taken, mut named_taken) = (args.py(), 0, 0);
        let mut bound = Vec::with_capacity(self.0.len());
        for parameter in &self.0 {
            let name = parameter.name.bind(py);
            let named = || kwargs.map_or(Ok(None), |kwargs| kwargs.get_item(name));
            let value = match parameter.kind {
                Kind::Rest => {
                    let rest = args.get_slice(taken, args.len());
                    taken = args.len().max(taken);
                    Some(rest.into_any())
                }
                Kind::Options => {
                    let options = self.options(py, kwargs)?;
                    named_taken += options.len();
                    Some(options.into_any())
                }
                Kind::PositionalOnly | Kind::Usual if taken < args.len() => {
                    taken += 1;
                    Some(args.get_item(taken - 1)?)
                }
                Kind::PositionalOnly => None,
                Kind::Usual | Kind::NamedOnly => named()?.inspect(|_| named_taken += 1),
            };
            let value = value.or_else(|| parameter.default.as_ref().map(|default| default.bind(py).clone()));
            let Some(value) = value else { return Ok(None) };
            if parameter.counts {
                bound.push((parameter, value));
            }
        }
        let all_named = kwargs.map_or(0, PyDictMethods::len);
        Ok((taken == args.len() && named_taken == all_named).then_some(bound))
    }

    /// The named arguments that no parameter has the name of.
    fn options<'py>(
        &self,
        py: Python<'py>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let options = PyDict::new(py);
        for (name, value) in kwargs.into_iter().flat_map(PyDictMethods::iter) {
            let fits = |parameter: &&Parameter| {
                matches!(parameter.kind, Kind::Usual | Kind::NamedOnly)
                    && parameter.name.bind(py).as_any().eq(&name).unwrap_or(false)
            };
            if !self.0.iter().any(|parameter| fits(&parameter)) {
                options.set_item(name, value)?;
            }
        }
        Ok(options)
    }
}

fn sorted(options: &Bound<'_, PyDict>) -> Result<Vec<(Encoded, Encoded)>, Refusal> {
    let pair = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let name = Encoded::written(|writer| write(&name, writer, &Inside::top(2)))?;
        Ok((name, Encoded::written(|writer| write(&value, writer, &Inside::top(2)))?))
    };
    options.iter().map(pair).collect()
}
