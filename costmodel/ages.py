"""Age bands of victims: at which age children enter exploitation, and at which ages they are in it (eq. 15b, 15f)."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from costmodel.evidence.harmonise import FORMS

Array = NDArray[np.float64]

#: First and last birthday of each age band of the country table [years].
AGE_BANDS = {"0_4": (0, 5), "5_11": (5, 12), "12_14": (12, 15), "15_17": (15, 18)}
#: Bands whose rate at entry is told against the oldest band, and the name of that rate by form and band.
BELOW_OLDEST = tuple(AGE_BANDS)[:-1]
RATES = {(form, band): f"entry_rate_{form}_{band}" for form in FORMS for band in BELOW_OLDEST}
#: Columns of the country table with the children of each band.
CHILDREN = [f"children_{band}" for band in AGE_BANDS]
#: Ends of the bands, the 18th birthday last [years].
ENDS = (0, *(end for _, end in AGE_BANDS.values()))


def entry_share(rate: Array, *, children: Array) -> Array:
    """Share of each age band among new victims of a form (MODEL.md eq. 15f).

    Args:
        rate: New victims per child of each band but the oldest, over those of the oldest, dims (draw, age)
            [ratio].
        children: Children of each band, the oldest last, dims (age,) [persons].

    Returns:
        Shares, dims (draw, age), the oldest band last.

    Example:
        >>> entry_share(np.array([[0.0, 0.5, 1.0]]), children=np.array([500.0, 800.0, 300.0, 300.0])).tolist()
        [[0.0, 0.4, 0.3, 0.3]]
    """
    oldest = np.ones((rate.shape[0], 1))
    weight = np.concatenate([rate, oldest], axis=1) * children
    share: Array = weight / weight.sum(axis=1, keepdims=True)
    return share


def _years_before(age: int, mean_years: Array, *, entry: tuple[int, int]) -> Array:
    """Time spent in exploitation before an age, entry being uniform over a band that ends by then, dims (draw,)."""
    first, last = entry
    still = np.exp(-(age - last) / mean_years) - np.exp(-(age - first) / mean_years)
    spent: Array = mean_years - mean_years**2 / (last - first) * still
    return spent


def years_by_age(share: Array, *, mean_years: Array) -> Array:
    """Time that a new victim spends in exploitation in each age band (MODEL.md eq. 15b).

    Spells are exponential, entry is uniform within its band, and childhood ends the last of them: whoever enters
    at age a spends D(exp(-(low - a)+ / D) - exp(-(high - a) / D)) between low and high. In a steady state the
    stock of a band is this time, times new victims a year.

    Args:
        share: Share of each age band at entry, dims (draw, age).
        mean_years: Mean time in exploitation without the birthday, dims (draw,) [years].

    Returns:
        Dims (draw, age) [years]; their sum is the duration before the 18th birthday.

    Example:
        >>> only_oldest, long = np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([1e4])
        >>> years_by_age(only_oldest, mean_years=long).round(3).tolist()
        [[0.0, 0.0, 0.0, 1.5]]
    """
    spent = np.zeros(share.shape)
    for k, entry in enumerate(AGE_BANDS.values()):
        before = [np.zeros_like(mean_years)]
        before += [_years_before(end, mean_years, entry=entry) for end in ENDS[k + 1 :]]
        inside = np.stack([late - early for early, late in pairwise(before)], axis=1)
        spent[:, k:] += share[:, [k]] * inside
    return spent
