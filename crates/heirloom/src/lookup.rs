//! Looking a key up by what stands for it, so that a hit needs no owned key and no allocation.
//!
//! Promises (asked of every implementation): `hash` and `matches` agree with the key's own `Hash` and `Eq`.
//! Refuses: a second encoding; the canonical one is always made from the owned key.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

/// Something that stands for a key of type `K`: the key itself, or references to its parts.
pub trait Lookup<K> {
    /// Hashes as the key would.
    fn hash_key<H: Hasher>(&self, hasher: &mut H);

    /// Whether it stands for `key`.
    fn matches(&self, key: &K) -> bool;

    /// The owned key; made on a miss only.
    fn to_key(&self) -> K;
}

impl<K: Hash + Eq + Clone> Lookup<K> for K {
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn matches(&self, key: &K) -> bool {
        self == key
    }

    fn to_key(&self) -> K {
        self.clone()
    }
}

/// References to the arguments of a call; stands for the tuple of their owned values.
pub struct Arguments<T>(pub T);

/// Implements [`Lookup`] for tuples of references of one length.
macro_rules! arguments {
    ($($part:ident $at:tt),*) => {
        impl<$($part),*> Lookup<($($part::Owned,)*)> for Arguments<($(&$part,)*)>
        where
            $($part: ToOwned + Hash + Eq + ?Sized,)*
        {
            #[allow(unused_variables, reason = "a call without arguments has no parts")]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                $(self.0.$at.hash(hasher);)*
            }

            #[allow(unused_variables, reason = "a call without arguments has no parts")]
            fn matches(&self, key: &($($part::Owned,)*)) -> bool {
                true $(&& *self.0.$at == *Borrow::<$part>::borrow(&key.$at))*
            }

            #[allow(clippy::unused_unit, reason = "a call without arguments has the key `()`")]
            fn to_key(&self) -> ($($part::Owned,)*) {
                ($(self.0.$at.to_owned(),)*)
            }
        }
    };
}

arguments!();
arguments!(A 0);
arguments!(A 0, B 1);
arguments!(A 0, B 1, C 2);
arguments!(A 0, B 1, C 2, D 3);
arguments!(A 0, B 1, C 2, D 3, E 4);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11);
