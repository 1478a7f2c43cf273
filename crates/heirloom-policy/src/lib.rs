//! Which object of a cache goes first: what saves least build time per byte, and ageing makes everything go in the end.
//!
//! Where it stands: below the engine's memory tier and the cost-aware caches of `heirloom-reuse` and of the Python face,
//! which ask it and keep their objects themselves. `standing` is what is known of one object's uses, `ghosts` what is remembered of the
//! evicted, `learned` the two numbers that the policy learns while it runs, `policy` puts them together.
//!
//! Source: GreedyDual-Size-Frequency, L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-
//! Frequency Caching Policy", HP Labs 1998, after P. Cao and S. Irani, 1997. The rank of an object is the age that
//! evictions had reached when it was last used, plus what it is worth; evicting an object raises the age to its rank.
//! What is ours, and measured, stands in `docs/decisions/0007-the-order-of-eviction.md`.
//!
//! Promises: 1. every step takes constant time and touches no clock; 2. the same steps give the same ranks. Refuses:
//! holding objects, taking locks, knowing what a key is.

mod ghosts;
mod learned;
mod policy;
mod standing;

pub use policy::Policy;
pub use standing::{Cost, Standing};
