//! Everything that is known of a factory before its builder: names, versions, code, lifetime, codec, traits.
//!
//! Promises: 1. what `heirloom.toml` says goes before what is said here, which goes before the defaults; 2. a
//! mistake is kept and told at each request, so that a chain needs no `?` in its middle. Refuses: defaults in two
//! places; they stand in [`Declaration::recipe`].

use std::future::Future;
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use heirloom_core::engine::Recipe;
use heirloom_core::identity::{Code, Fingerprint, Lifetime, Traits, VersionVector};
use heirloom_core::object::{Codec, Migration};
use heirloom_core::settings::{CodeLevel, Revalidate, Tiers, Verify, parse_duration};
use heirloom_core::{Error, Recorder, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::code_level;
use crate::codec::Postcard;
use crate::factory::{Build, Factory};
use crate::migrate;
use crate::shelf::Shelf;
use crate::store::Store;
use crate::tracked::{Parts, Tracked};

/// What was said of a factory, before `heirloom.toml` and the defaults.
struct Declaration<V> {
    store: Store,
    name: Arc<str>,
    versions: VersionVector,
    level: Option<CodeLevel>,
    parts: Parts,
    whole_crate: Option<&'static str>,
    schema: u32,
    epoch: Result<Option<Duration>>,
    ttl: Result<Option<Duration>>,
    #[expect(clippy::type_complexity, reason = "a plain function behind a pointer")]
    traits: Option<Box<dyn Fn(&V) -> Traits + Send + Sync>>,
    migrations: Vec<Migration>,
    files: Vec<PathBuf>,
    tiers: Option<Tiers>,
    verify: Result<Option<Verify>>,
    revalidate: Result<Option<Revalidate>>,
    pinned: bool,
    record_trace: Option<PathBuf>,
    weigh: Option<fn(&V) -> u64>,
}

/// A factory that lacks only its builder.
pub struct FactoryBuilder<V, C = Auto> {
    declaration: Declaration<V>,
    codec: C,
}

/// No codec was chosen: it is [`Postcard`], and the value must be a serde type.
#[derive(Debug)]
pub struct Auto;

/// A codec was chosen; the value may be of any type that it knows.
pub struct Chosen(Arc<dyn Codec>);

/// A setting, or the word that `heirloom.toml` would have for it.
pub trait Setting<T> {
    /// The setting.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an unknown word.
    fn setting(self) -> Result<T>;
}

impl Setting<Self> for Verify {
    fn setting(self) -> Result<Self> {
        Ok(self)
    }
}

impl Setting<Self> for Revalidate {
    fn setting(self) -> Result<Self> {
        Ok(self)
    }
}

impl<T: std::str::FromStr<Err = Error>> Setting<T> for &str {
    fn setting(self) -> Result<T> {
        self.parse()
    }
}

/// How a builder comes to its codec.
pub trait CodecChoice<V> {
    /// The codec.
    fn codec(self) -> Arc<dyn Codec>;
}

impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> CodecChoice<V> for Auto {
    fn codec(self) -> Arc<dyn Codec> {
        Arc::new(Postcard::<V>::new())
    }
}

impl<V> CodecChoice<V> for Chosen {
    fn codec(self) -> Arc<dyn Codec> {
        self.0
    }
}

impl<V> FactoryBuilder<V> {
    pub(crate) fn new(store: Store, name: Arc<str>) -> Self {
        let declaration = Declaration {
            store,
            name,
            versions: VersionVector::default(),
            level: None,
            parts: Parts::default(),
            whole_crate: None,
            schema: 0,
            epoch: Ok(None),
            ttl: Ok(None),
            traits: None,
            migrations: Vec::new(),
            files: Vec::new(),
            tiers: None,
            verify: Ok(None),
            revalidate: Ok(None),
            pinned: false,
            record_trace: None,
            weigh: None,
        };
        Self { declaration, codec: Auto }
    }
}

impl<V, C> FactoryBuilder<V, C> {
    /// A developer's version counter; raise it to have everything built again. 0 is the same as none.
    #[must_use]
    pub fn counter(mut self, developer: &str, count: u64) -> Self {
        self.declaration.versions.set(developer, count);
        self
    }

    /// How much of the code counts; without it, what [`uses`](Self::uses) names, else nothing.
    #[must_use]
    pub fn code(mut self, level: CodeLevel) -> Self {
        self.declaration.level = Some(level);
        self
    }

    /// The code of an item that the builder uses counts.
    #[must_use]
    pub fn uses<T: Tracked + ?Sized>(mut self) -> Self {
        T::collect(&mut self.declaration.parts);
        self
    }

    /// One piece of code that counts, by its name and a digest of its text.
    #[must_use]
    pub fn part(mut self, name: &str, digest: [u8; 32], place: &str) -> Self {
        self.declaration.parts.put(name, digest, place);
        self
    }

    /// What a piece of code reads like, for `explain`; it is kept with the first object and decides nothing.
    #[must_use]
    pub fn source(mut self, part: &str, text: &'static str) -> Self {
        self.declaration.parts.texts.insert(part.to_owned(), text);
        self
    }

    /// What the crate's build script found, for [`CodeLevel::Crate`]: `heirloom::whole_crate!()`.
    #[must_use]
    pub fn whole_crate(mut self, found: &'static str) -> Self {
        self.declaration.whole_crate = Some(found);
        self
    }

    /// The number of the object's format; raise it together with a [`migrate`](Self::migrate).
    #[must_use]
    pub fn schema(mut self, schema: u32) -> Self {
        self.declaration.schema = schema;
        self
    }

    /// Converts entries of schema `from`, whose type was `Old`, to schema `from + 1`: they are not built again.
    ///
    /// The author of a migration vouches that a converted object is what the present code would build.
    #[must_use]
    pub fn migrate<Old, New>(
        mut self,
        from: u32,
        convert: impl Fn(Old) -> New + Send + Sync + 'static,
    ) -> Self
    where
        Old: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
        New: Send + Sync + 'static,
    {
        self.declaration.migrations.push(migrate::step(from, convert));
        self
    }

    /// Everything is built again when a period such as `"7d"` is over, at a different moment for each key.
    #[must_use]
    pub fn epoch(mut self, period: &str) -> Self {
        self.declaration.epoch = lasting("epoch", period).map(Some);
        self
    }

    /// The time to live of each object, such as `"1h"`.
    #[must_use]
    pub fn ttl(mut self, time: &str) -> Self {
        self.declaration.ttl = lasting("ttl", time).map(Some);
        self
    }

    /// How objects become bytes; [`Postcard`] where nobody says.
    #[must_use]
    pub fn codec(self, codec: impl Codec + 'static) -> FactoryBuilder<V, Chosen> {
        FactoryBuilder { declaration: self.declaration, codec: Chosen(Arc::new(codec)) }
    }

    /// Reads the traits off a fresh object.
    #[must_use]
    pub fn traits(mut self, read: impl Fn(&V) -> Traits + Send + Sync + 'static) -> Self {
        self.declaration.traits = Some(Box::new(read));
        self
    }

    /// Files and patterns (`data/*.csv`) that every build depends on; relative to the project.
    #[must_use]
    pub fn files<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.declaration.files.extend(files.into_iter().map(Into::into));
        self
    }

    /// Keeps objects in memory only, or on disk only.
    #[must_use]
    pub fn tiers(mut self, tiers: Tiers) -> Self {
        self.declaration.tiers = Some(tiers);
        self
    }

    /// Whether blobs are verified when they are opened; [`Verify::Auto`] where nobody says.
    #[must_use]
    pub fn verify(mut self, verify: impl Setting<Verify>) -> Self {
        self.declaration.verify = verify.setting().map(Some);
        self
    }

    /// When the inputs of a live object are looked at again; [`Revalidate::Always`] where nobody says.
    #[must_use]
    pub fn revalidate(mut self, revalidate: impl Setting<Revalidate>) -> Self {
        self.declaration.revalidate = revalidate.setting().map(Some);
        self
    }

    /// Keeps every entry from eviction and collection.
    #[must_use]
    pub fn pin(mut self) -> Self {
        self.declaration.pinned = true;
        self
    }

    /// Writes every call into this file (key, bytes, build seconds), for `heirloom advise`; slower while it is on.
    #[must_use]
    pub fn record_trace(mut self, file: impl Into<PathBuf>) -> Self {
        self.declaration.record_trace = Some(file.into());
        self
    }

    /// What a live object weighs, in bytes; its sealed length where nobody says, or the size of its type
    /// where it is not sealed.
    #[must_use]
    pub fn size(mut self, weigh: fn(&V) -> u64) -> Self {
        self.declaration.weigh = Some(weigh);
        self
    }
}

impl<V, C> FactoryBuilder<V, C>
where
    V: Send + Sync + 'static,
    C: CodecChoice<V>,
{
    /// The builder: anything slow that makes a `V` from a key, or fails.
    pub fn build<K, E>(self, build: impl Fn(&K) -> Result<V, E> + Send + Sync + 'static) -> Factory<K, V>
    where
        K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.build_recorded(move |key: &K, _: &Recorder| build(key))
    }

    /// A builder that opens its inputs through a [`Recorder`], so that they are checked before an object is served.
    pub fn build_recorded<K, E>(
        self,
        build: impl Fn(&K, &Recorder) -> Result<V, E> + Send + Sync + 'static,
    ) -> Factory<K, V>
    where
        K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let build = move |key: &K, recorder: &Recorder| build(key, recorder).map_err(Error::build);
        Factory::new(self.shelf(), Build::Sync(Arc::new(build)))
    }

    /// An async builder; ask the factory with `get_async`.
    pub fn build_async<K, E, Fut>(
        self,
        build: impl Fn(K, Recorder) -> Fut + Send + Sync + 'static,
    ) -> Factory<K, V>
    where
        K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        let build = move |key: K, recorder: Recorder| -> crate::in_context::Boxed<'static, Result<V>> {
            let future = build(key, recorder);
            Box::pin(async move { future.await.map_err(Error::build) })
        };
        Factory::new(self.shelf(), Build::Async(Arc::new(build)))
    }

    /// The shelf alone, for a builder that comes with each request.
    pub fn shelf<K>(self) -> Shelf<K, V>
    where
        K: Serialize + Hash + Eq + Clone + Send + Sync + 'static,
    {
        let (declaration, codec) = (self.declaration, self.codec.codec());
        let (engine, weigh) = (Arc::clone(declaration.store.engine()), declaration.weigh);
        Shelf::new(engine, declaration.recipe(codec), weigh)
    }
}

impl<V: Send + Sync + 'static> Declaration<V> {
    /// What the engine is told: settings before declaration before defaults.
    fn recipe(self, codec: Arc<dyn Codec>) -> Result<Recipe> {
        let settings = self.store.settings();
        let set = settings.cache(&self.name);
        let versions = self.versions.union(&settings.versions(&self.name));
        let usual = if self.parts.parts.is_empty() { CodeLevel::Manual } else { CodeLevel::Function };
        let level = set.code.or(self.level).unwrap_or(usual);
        let Parts { parts, texts } = code_level::counted(level, self.parts, self.whole_crate)?;
        let code = Code { level, parts };
        let value_type = std::any::type_name::<V>().to_owned();
        let (name, shape) = (codec.name().to_owned(), codec.shape());
        let fingerprint = Fingerprint { versions, code, schema: self.schema, codec: name, value_type, shape };
        let lifetime = Lifetime {
            epoch: set.epoch.map_or(self.epoch, |epoch| Ok(Some(epoch)))?,
            ttl: set.ttl.map_or(self.ttl, |ttl| Ok(Some(ttl)))?,
        };
        let file = || settings.root().join("heirloom.toml").display().to_string();
        let tiers = set.tiers.or(self.tiers).unwrap_or(Tiers { memory: true, disk: true });
        let enabled = set.enabled.or_else(|| settings.enabled()).unwrap_or(true);
        let root = settings.root();
        let files = set.files.map_or(self.files, |files| files.into_iter().map(PathBuf::from).collect());
        let traits =
            self.traits.map(|read| -> Box<dyn Fn(&heirloom_core::object::Object) -> Traits + Send + Sync> {
                Box::new(move |object| object.open::<V>().map(|value| read(&value)).unwrap_or_default())
            });
        Ok(Recipe {
            name: self.name,
            fingerprint,
            codec: Some(codec),
            traits,
            lifetime,
            tiers,
            verify: set.verify.or_else(|| settings.verify()).or(self.verify?).unwrap_or(Verify::Auto),
            revalidate: set.revalidate.or(self.revalidate?).unwrap_or(Revalidate::Always),
            project: None,
            declared: files.into_iter().map(|file| root.join(file)).collect(),
            migrations: self.migrations,
            texts: Some(Box::new(move || {
                texts.iter().map(|(part, text)| (part.clone(), (*text).to_owned())).collect()
            })),
            pinned: set.pin.unwrap_or(self.pinned),
            record_trace: set
                .record_trace
                .map(PathBuf::from)
                .or(self.record_trace)
                .map(|file| root.join(file)),
            off: match (enabled, tiers.is_empty()) {
                (false, _) => Some(format!("`enabled = false` in {}", file())),
                (true, true) if set.tiers.is_some() => Some(format!("`tiers = []` in {}", file())),
                (true, true) => Some("its tiers, of which there is none".into()),
                (true, false) => None,
            },
        })
    }
}

/// A time that is longer than none.
fn lasting(what: &str, time: &str) -> Result<Duration> {
    match parse_duration(time)? {
        Duration::ZERO => Err(Error::invalid(format!(
            "`{what} = \"{time}\"` ends before it begins; give it a time longer than zero"
        ))),
        time => Ok(time),
    }
}
