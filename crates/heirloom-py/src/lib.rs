//! `_heirloom`: the compiled half of the Python face. What users see stands in `python/heirloom/`.
//!
//! On the road: `shelf.rs` is one factory, `road.rs` walks the engine's road for it, `encode.rs` writes its keys,
//! `pickle.rs` seals its objects, `front.rs` answers its hits. Promises: 1. no Python runs while a lock of the
//! engine is held, and no lock of the engine is waited for while the interpreter is held; 2. nothing from a store is
//! unpickled before its keyed MAC holds. Refuses: policy; names, scopes and defaults are decided in Python.

mod array;
mod building;
mod call;
mod code;
mod command;
mod encode;
mod engine_face;
mod explained;
mod failure;
mod frame;
mod fresh;
mod front;
mod guards;
mod hand_made;
mod held;
mod interrupt;
mod lru;
mod notices;
mod parameters;
mod pickle;
mod plans;
mod ran;
mod recipe;
mod recording;
mod recording_hooks;
mod reuse;
mod road;
mod shape;
mod shelf;
mod simple;
mod step;
mod table;
mod watch;

use pyo3::prelude::*;

#[pymodule(gil_used = true)]
mod _heirloom {
    #[pymodule_export]
    use crate::array::ArrayKey;
    #[pymodule_export]
    use crate::building::Building;
    #[pymodule_export]
    use crate::call::{attend, next_generation};
    #[pymodule_export]
    use crate::code::read_code;
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::encode::{digest, encoded};
    #[pymodule_export]
    use crate::engine_face::{Engine, store_folder};
    #[pymodule_export]
    use crate::frame::Frame;
    #[pymodule_export]
    use crate::guards::Guards;
    #[pymodule_export]
    use crate::hand_made::hand_made;
    #[pymodule_export]
    use crate::recipe::check_duration;
    #[pymodule_export]
    use crate::recording::{builds, current_build, recording};
    #[pymodule_export]
    use crate::recording_hooks::{call_quietly, listen, loads, watched};
    #[pymodule_export]
    use crate::reuse::{CacheCore, InternerCore, Loan, PoolCore, Undertaker, WeakCore};
    #[pymodule_export]
    use crate::shelf::Shelf;
    #[pymodule_export]
    use crate::step::Step;

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        module.add("Call", crate::hand_made::make::<crate::call::Call>(py)?)?;
        module.add("LruCache", crate::hand_made::make::<crate::lru::LruCache>(py)?)?;
        module.add("TimedCall", crate::hand_made::make::<crate::reuse::TimedCall>(py)?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
