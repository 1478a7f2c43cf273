//! The layers of the engine, as data.
//!
//! A module imports only from layers that stand above its own in this table. Add a module by adding its name here.

/// One layer: its modules, and whether they may import each other.
pub(super) struct Layer {
    pub(super) modules: &'static [&'static str],
    pub(super) among: Among,
}

/// How the modules of one layer stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// They may import each other.
    Friends,
    /// They never do; they meet in a layer that knows both.
    Strangers,
}

/// From the ground up.
pub(super) const LAYERS: [Layer; 8] = [
    Layer { modules: &["error", "digest", "clock", "sync"], among: Among::Friends },
    Layer { modules: &["identity", "settings"], among: Among::Friends },
    Layer { modules: &["trail"], among: Among::Friends },
    Layer { modules: &["trust"], among: Among::Friends },
    Layer { modules: &["object"], among: Among::Friends },
    Layer { modules: &["memory", "flight", "inputs", "disk"], among: Among::Strangers },
    Layer { modules: &["engine"], among: Among::Friends },
    Layer { modules: &["testing"], among: Among::Friends },
];

/// The number of the layer a module stands on.
pub(super) fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.modules.contains(&module))
}
