//! A request, and what is served for it.
//!
//! Promises: a request owns what it needs, so that it can wait in a task. Refuses: the builder, which the road is
//! given beside it.

use std::sync::Arc;

use super::factory::Factory;
use crate::digest::Digest;
use crate::flight::{Flown, Landing};
use crate::identity::{Key, Traits};
use crate::memory::{Slot, SlotId};
use crate::object::Object;
use crate::trail::{Reason, Tier, Trail};

/// How a request wants to be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Handed down when it is there, built when it is not.
    #[default]
    Get,
    /// Built and replaced.
    Refresh,
    /// Built without reading or writing the cache.
    Bypass,
    /// The cache is switched off by this; the same as a bypass, with another reason.
    Off(String),
}

/// One request for one object.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who makes the object.
    pub factory: Arc<Factory>,
    /// Which object.
    pub key: Key,
    /// The traits that the client expects.
    pub expect: Option<Arc<Traits>>,
    /// How it wants to be answered.
    pub mode: Mode,
    /// How the face can make this call again, for the record of the build that it is made from; see [`Hooks::renew`].
    ///
    /// [`Hooks::renew`]: super::Hooks::renew
    pub call: Option<Arc<str>>,
}

/// What is handed to the client.
#[derive(Clone, Debug)]
pub struct Served {
    /// The object.
    pub object: Object,
    /// Where it came from.
    pub tier: Tier,
    /// How it got here.
    pub trail: Trail,
    /// Its place in the memory tier, for a face's front table.
    pub slot: Option<Arc<Slot>>,
    /// The digest of its sealed content, when it was sealed.
    pub content: Option<Digest>,
    /// What it offers.
    pub traits: Traits,
}

impl Served {
    /// What the leader hands to those who wait.
    pub(super) fn landing(&self) -> Landing {
        let (object, content, traits) = (self.object.clone(), self.content, self.traits.clone());
        Landing::Object(Flown { object, content, traits })
    }
}

impl Request {
    /// A plain request.
    pub fn get(factory: &Arc<Factory>, key: Key) -> Self {
        Self { factory: Arc::clone(factory), key, expect: None, mode: Mode::Get, call: None }
    }

    /// Which thing, built by what.
    pub(super) fn id(&self) -> SlotId {
        (self.key.digest(), self.factory.fingerprint)
    }

    /// Why this request goes around the cache, when it does.
    pub(super) fn around(&self) -> Option<Reason> {
        let off = |by: &String| Some(Reason::Disabled { by: by.clone() });
        match &self.mode {
            Mode::Bypass => Some(Reason::Bypassed),
            Mode::Off(by) => off(by),
            Mode::Get | Mode::Refresh => self.factory.recipe.off.as_ref().and_then(off),
        }
    }

    /// The name of the lease for this thing: one lock file a key and fingerprint, so that two branches that build
    /// the same key by different code do not wait for each other.
    pub(super) fn lease_name(&self) -> Digest {
        lease_name(&self.id())
    }
}

pub(super) fn lease_name(id: &SlotId) -> Digest {
    let mut both = [0; 64];
    both[..32].copy_from_slice(id.0.as_bytes());
    both[32..].copy_from_slice(id.1.as_bytes());
    Digest::of(&both)
}
