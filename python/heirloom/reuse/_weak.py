"""A table of values that live exactly as long as somebody holds them.

Promises: 1. of all who ask for the same key at once, one builds; 2. a dead entry takes itself out, and nothing ever walks the
table to find it; 3. no lock is waited for by a dying object, which may die anywhere, also inside another table. Refuses:
bounds; a holder that never lets go keeps its object for ever.
"""

from __future__ import annotations

from collections.abc import Hashable, ItemsView, MutableMapping, ValuesView
from typing import Any, NamedTuple, TypeVar

from heirloom._heirloom import WeakCore
from heirloom.reuse._single_flight import SingleFlight
from heirloom.reuse._views import PairsNow, ValuesNow

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WeakStats(NamedTuple):
    """A weak table in numbers, since it was made; `live` is the number of objects that live now.

    >>> WeakValueCache().stats()
    WeakStats(hits=0, misses=0, waited=0, builds=0, live=0)
    """

    hits: int
    misses: int
    waited: int
    builds: int
    live: int


class WeakValueCache(WeakCore[K, V], SingleFlight[K, V], MutableMapping[K, V]):
    """A dictionary whose entries vanish with the last holder of their value.

    With ``typed``, keys that Python calls equal are told apart when their types differ: ``1``, ``1.0`` and ``True`` are three.
    ``items`` and ``values`` are those that live at the moment when iteration begins.

    >>> class Session: pass
    >>> sessions = WeakValueCache()
    >>> ann = sessions.get_or_create("ann", Session)
    >>> sessions.get_or_create("ann", Session) is ann, len(sessions), sessions.uses("ann")
    (True, 1, 1)
    >>> del ann
    >>> len(sessions)
    0
    """

    def __init__(self, *, typed: bool = False) -> None:
        self._settle(typed)

    def items(self) -> ItemsView[K, V]:
        """Return the living pairs; looking at them is no use.

        >>> class Session: pass
        >>> sessions, ann = WeakValueCache(), Session()
        >>> sessions["ann"] = ann
        >>> [(name, session is ann) for name, session in sessions.items()]
        [('ann', True)]
        """
        return PairsNow(self)

    def values(self) -> ValuesView[V]:
        """Return the living values; looking at them is no use."""
        return ValuesNow(self)

    def stats(self) -> WeakStats:
        """Return what the table has counted."""
        return WeakStats(*self._counts())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Return the living value of a key; put ``default`` in when it has none."""
        return self.get_or_create(key, lambda: default)
