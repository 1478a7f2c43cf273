//! What was declared in Python, made into the engine's recipe.
//!
//! Promises: what `heirloom.toml` says goes before what the decorator says, which goes before the defaults, as in the
//! Rust face. Refuses: defaults in two places; they stand in [`Declared::recipe`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::engine::Recipe;
use heirloom_core::identity::{Code, Fingerprint, Lifetime, Part, Traits};
use heirloom_core::object::{Codec, CodecFault, Migration, Object};
use heirloom_core::settings::{CodeLevel, Revalidate, Settings, Tiers, Verify, parse_duration};
use heirloom_core::{Digest, Error};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::failure::exception;
use crate::guards::Guards;
use crate::held::Held;
use crate::pickle::{NAME, Pickle5};

/// A factory as `heirloom/_declaration.py` declares it.
#[derive(FromPyObject)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) function: Py<PyAny>,
    #[expect(clippy::type_complexity, reason = "rows as Python hands them over")]
    pub(crate) parameters: Vec<(Py<PyString>, u8, bool, Py<PyAny>, bool)>,
    pub(crate) key: Option<Py<PyAny>>,
    pub(crate) traits: Option<Py<PyAny>>,
    /// `watch`, `check`, `trust` or `copy`.
    pub(crate) sharing: String,
    pub(crate) guards: Py<Guards>,
    versions: BTreeMap<String, u64>,
    code: Option<String>,
    /// From a level to the code that counts: name, digest, place.
    parts: Py<PyAny>,
    /// What the code reads like, by name.
    texts: Py<PyAny>,
    schema: u32,
    migrate: BTreeMap<u32, Py<PyAny>>,
    epoch: Option<Py<PyAny>>,
    ttl: Option<Py<PyAny>>,
    files: Vec<PathBuf>,
    record_trace: Option<PathBuf>,
    /// The folder of the project that the function belongs to.
    project: Option<PathBuf>,
}

/// One piece of code: its name, its digest, and where it stands.
type CodePart = (String, [u8; 32], Option<String>);

impl Declared {
    /// What the engine is told: settings before declaration before defaults.
    pub(crate) fn recipe(&self, py: Python<'_>, settings: &Settings) -> PyResult<Recipe> {
        let invalid = |error: Error| exception(py, &error);
        let set = settings.cache(&self.name);
        let own = self.code.as_deref().map(str::parse).transpose().map_err(invalid)?;
        let level = set.code.or(own).unwrap_or(CodeLevel::Closure);
        let own: heirloom_core::identity::VersionVector = self.versions.clone().into_iter().collect();
        let fingerprint = Fingerprint {
            versions: own.union(&settings.versions(&self.name)),
            code: self.code_at(py, level)?,
            schema: self.schema,
            codec: NAME.to_owned(),
            value_type: "object".to_owned(),
            shape: None,
        };
        let lifetime = Lifetime {
            epoch: set.epoch.map_or_else(|| duration(py, self.epoch.as_ref()), |epoch| Ok(Some(epoch)))?,
            ttl: set.ttl.map_or_else(|| duration(py, self.ttl.as_ref()), |ttl| Ok(Some(ttl)))?,
        };
        let tiers = set.tiers.unwrap_or(Tiers { memory: true, disk: true });
        let enabled = set.enabled.or_else(|| settings.enabled()).unwrap_or(true) && !tiers.is_empty();
        let root = settings.root();
        let files = set.files.map(|files| files.into_iter().map(PathBuf::from).collect());
        let files: Vec<PathBuf> = files.unwrap_or_else(|| self.files.clone());
        let off = || format!("`enabled = false` in {}", root.join("heirloom.toml").display());
        Ok(Recipe {
            name: self.name.as_str().into(),
            fingerprint,
            codec: Some(Arc::new(Pickle5)),
            traits: self.traits.as_ref().map(|read| traits_of(read.clone_ref(py))),
            lifetime,
            tiers,
            verify: set.verify.or_else(|| settings.verify()).unwrap_or(Verify::Auto),
            revalidate: set.revalidate.unwrap_or(Revalidate::Always),
            project: self.project.clone(),
            declared: files.into_iter().map(|file| root.join(file)).collect(),
            migrations: self
                .migrate
                .iter()
                .map(|(from, step)| migration(*from, step.clone_ref(py)))
                .collect(),
            texts: Some(texts(self.texts.clone_ref(py))),
            pinned: set.pin.unwrap_or(false),
            record_trace: set
                .record_trace
                .map(PathBuf::from)
                .or_else(|| self.record_trace.clone())
                .map(|file| root.join(file)),
            off: (!enabled).then(off),
        })
    }

    fn code_at(&self, py: Python<'_>, level: CodeLevel) -> PyResult<Code> {
        if matches!(level, CodeLevel::Crate | CodeLevel::Binary) {
            let sentence = format!(
                "{}: code level \"{level}\" is not for Python factories; choose \"manual\", \"function\", \
                 \"closure\" or \"files\"",
                self.name
            );
            return Err(exception(py, &Error::invalid(sentence)));
        }
        let parts: Vec<CodePart> = self.parts.bind(py).call1((level.to_string(),))?.extract()?;
        let part = |(name, digest, place)| (name, Part { digest: Digest::from_bytes(digest), place });
        Ok(Code { level, parts: parts.into_iter().map(part).collect() })
    }
}

/// Refuses what is no period, in the words of the option that it was given to.
#[pyfunction]
pub(crate) fn check_duration(option: &str, period: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = period.py();
    if let Ok(text) = period.extract::<String>() {
        let checked = parse_duration(&text).map(drop);
        return checked.map_err(|error| exception(py, &Error::invalid(format!("{option}=: {error}"))));
    }
    duration(py, Some(&period.clone().unbind())).map(drop)
}

/// A period: a text such as `"7d"`, or a `timedelta`.
fn duration(py: Python<'_>, period: Option<&Py<PyAny>>) -> PyResult<Option<Duration>> {
    let Some(period) = period.map(|period| period.bind(py)) else { return Ok(None) };
    if let Ok(text) = period.extract::<String>() {
        return parse_duration(&text).map(Some).map_err(|error| exception(py, &error));
    }
    let wrong =
        |_| PyTypeError::new_err("a duration is a text such as \"7d\", or a positive datetime.timedelta");
    period.extract().map(Some).map_err(wrong)
}

/// What an object offers, read by a function of the user's.
pub(crate) fn read_traits(read: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<Traits> {
    traits(&read.call1((value,))?)
}

/// Traits from a dict of texts, or of iterables of texts.
pub(crate) fn traits(stated: &Bound<'_, PyAny>) -> PyResult<Traits> {
    let stated = stated.cast::<PyDict>().map_err(|_| {
        PyTypeError::new_err("traits are a dict such as {\"columns\": (\"carrier\", \"price\")}")
    })?;
    let mut traits = Traits::new();
    for (name, values) in stated.iter() {
        let name: String = name.extract()?;
        let values: Vec<String> = match values.extract::<String>() {
            Ok(single) => vec![single],
            Err(_) => {
                values.try_iter()?.map(|value| Ok(value?.str()?.to_string())).collect::<PyResult<_>>()?
            }
        };
        traits = traits.with(name, values);
    }
    Ok(traits)
}

/// The engine's way to the traits: those read while the object was fresh, or, of a converted one, read now.
fn traits_of(read: Py<PyAny>) -> Box<dyn Fn(&Object) -> Traits + Send + Sync> {
    Box::new(move |object| {
        let Some(held) = object.open::<Held>() else { return Traits::new() };
        if let Some(traits) = held.traits() {
            return traits.clone();
        }
        let traits = Python::try_attach(|py| {
            read_traits(read.bind(py), held.value().bind(py))
                .inspect_err(|error| error.clone_ref(py).write_unraisable(py, Some(read.bind(py))))
                .ok()
        });
        traits.flatten().unwrap_or_default()
    })
}

/// The engine's way to what the code reads like.
fn texts(tell: Py<PyAny>) -> Box<dyn Fn() -> BTreeMap<String, String> + Send + Sync> {
    Box::new(move || {
        let told = Python::try_attach(|py| {
            let told = tell.bind(py).call0().and_then(|texts| texts.extract());
            told.inspect_err(|error| error.clone_ref(py).write_unraisable(py, Some(tell.bind(py)))).ok()
        });
        told.flatten().unwrap_or_default()
    })
}

fn migration(from: u32, step: Py<PyAny>) -> Migration {
    let convert = move |object: &Object| -> Result<Object, CodecFault> {
        let held = object.open::<Held>().ok_or("the step before gave no Python object")?;
        let converted = Python::try_attach(|py| match step.bind(py).call1((held.value(),)) {
            Ok(value) => Ok(Held::open(&value).into_object(0)),
            Err(error) => Err(error.to_string()),
        });
        Ok(converted.ok_or("the interpreter is going down")??)
    };
    Migration { from, open: Box::new(|payload| Pickle5.open(payload)), convert: Box::new(convert) }
}
