"""Heirloom: build it once, hand it down.

``@heirloom.cached`` keeps what a slow function makes, for every later call, run and process, and says why it built.
Promises: importing costs no more than Python itself needs; no store is opened before it is used. Refuses: configuration
at import.
"""

from heirloom._cached import Cached, Handle, cached
from heirloom._explanation import Explanation, State
from heirloom._heirloom import __version__
from heirloom._lru import CacheInfo, cache, lru_cache
from heirloom._scope import disabled, set_default_store, using
from heirloom._store import Store
from heirloom.errors import HeirloomError, HeirloomWarning, InvalidError, UnavailableError

__all__ = [
    "CacheInfo",
    "Cached",
    "Explanation",
    "Handle",
    "HeirloomError",
    "HeirloomWarning",
    "InvalidError",
    "State",
    "Store",
    "UnavailableError",
    "__version__",
    "cache",
    "cached",
    "disabled",
    "lru_cache",
    "set_default_store",
    "using",
]
