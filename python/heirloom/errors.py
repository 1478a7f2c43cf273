"""The exceptions and the warning of Heirloom.

Promises: one class for each thing a caller can do about it. A builder's own exception is none of these: it comes out
as it was raised. Refuses: error codes.
"""

from __future__ import annotations

import warnings


class HeirloomError(Exception):
    """What Heirloom itself raises; never your builder's exception."""


class InvalidError(HeirloomError, ValueError):
    """Change the call, the decorator or ``heirloom.toml``: it can never work as it stands."""


class UnavailableError(HeirloomError, OSError):
    """The store did not answer, or a wait ran out; trying again may help."""


class HeirloomWarning(UserWarning):
    """Something is broken and the request went on without it; each fault is told once."""


def warn(sentence: str) -> None:
    """Warn of a fault, on behalf of the engine."""
    warnings.warn(sentence, HeirloomWarning, stacklevel=2)
