"""Random numbers keyed by name, so that adding one quantity changes no other quantity's draws."""

import hashlib

import numpy as np


def generator(seed: int, *, name: str) -> np.random.Generator:
    """Random generator that depends on `seed` and `name` alone.

    Args:
        seed: The seed of the scenario or of the fit.
        name: What is drawn, for example "guardianship.unit_cost".

    Returns:
        A generator; the same pair gives the same stream on every machine and in any order of calls.

    Example:
        >>> first = generator(1, name="guardianship").normal()
        >>> _ = generator(1, name="parenting").normal()
        >>> bool(first == generator(1, name="guardianship").normal())
        True
    """
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
