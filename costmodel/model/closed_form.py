"""Incidence and detection of one country in closed form: the fast screen, and the test of the sampler.

Where hyperparameters are known, the cap on detection is far and counts are not tiny, the log registered rate
that counts tell is nearly normal; then log incidence and log detection are a Gaussian of two dimensions that
every observation updates by the usual rule.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What an observation is of, in terms of (log incidence, log detection).
RATE = np.array([1.0, 1.0])
INCIDENCE = np.array([1.0, 0.0])


class Reading(NamedTuple):
    """What an observation says of a log quantity: a normal about `mean` with standard deviation `sd`."""

    mean: float
    sd: float


def log_rate(counts: Array, *, children: Array, dispersion: float) -> Reading:
    """Log registered rate that the counts of some years tell (MODEL.md eq. 11b).

    Args:
        counts: Registered children, dims (year,) [persons/year]; at least one in all.
        children: Children 0-17, dims (year,) [persons].
        dispersion: Negative-binomial dispersion: a year's variance is mean + mean² / dispersion.

    Returns:
        Log of all counts over all child-years, with the error of the sum [log per child and year].

    Raises:
        ValueError: If nobody was registered: the log of nothing is not nearly normal.

    Example:
        >>> log_rate(np.array([20.0, 30.0]), children=np.array([1e5, 1e5]), dispersion=4).sd ** 2
        0.145
    """
    total = counts.sum()
    if not total > 0:
        raise ValueError("no registered child in any year: the closed form needs at least one")
    weight = children / children.sum()
    variance = 1 / total + np.sum(weight**2) / dispersion
    return Reading(float(np.log(total / children.sum())), float(np.sqrt(variance)))


def prior_moments(
    *, log_incidence: float, log_detection: float, sd: float, incidence_share: float
) -> tuple[Array, Array]:
    """Prior of a country about its centres: independent normals that share the variance of the rate (eq. 10-11).

    Args:
        log_incidence: Centre of log incidence [log per child and year].
        log_detection: Centre of log detection [log share].
        sd: Between-country standard deviation of their sum [log].
        incidence_share: Share of that variance which is incidence.

    Returns:
        Mean, dims (2,), and covariance, dims (2, 2), of (log incidence, log detection).
    """
    return np.array([log_incidence, log_detection]), sd**2 * np.diag([incidence_share, 1 - incidence_share])


def update(mean: Array, covariance: Array, *, of: Array, reading: Reading) -> tuple[Array, Array]:
    """Gaussian update of (log incidence, log detection) by one observation (MODEL.md eq. 11b).

    Args:
        mean: What is believed before, dims (2,) [log].
        covariance: Its covariance, dims (2, 2).
        of: What is observed: `RATE` for counts, `INCIDENCE` for an estimate of the hidden population.
        reading: The observation on the scale of `of`, with its error.

    Returns:
        Mean and covariance after it, dims as before.

    Example:
        >>> mean, covariance = update(np.zeros(2), np.diag([3.0, 1.0]), of=RATE, reading=Reading(2.0, 0.0))
        >>> mean.tolist(), covariance.tolist()
        ([1.5, 0.5], [[0.75, -0.75], [-0.75, 0.75]])
    """
    gain = covariance @ of / (of @ covariance @ of + reading.sd**2)
    return mean + gain * (reading.mean - of @ mean), covariance - np.outer(gain, of @ covariance)


def incidence_and_detection(
    mean: Array, covariance: Array, *, rate: Reading | None = None, incidence: Reading | None = None
) -> tuple[Array, Array]:
    """What counts and one multiple-systems estimate say of a country together (MODEL.md eq. 11b).

    Args:
        mean: Prior mean of (log incidence, log detection), dims (2,), as from `prior_moments`.
        covariance: Prior covariance, dims (2, 2).
        rate: Reading of counts, as from `log_rate`; None where a country has none.
        incidence: Log new child victims a child that the estimate implies, with its error; None without one.

    Returns:
        Posterior mean, dims (2,), and covariance, dims (2, 2).
    """
    for of, reading in ((RATE, rate), (INCIDENCE, incidence)):
        if reading is not None:
            mean, covariance = update(mean, covariance, of=of, reading=reading)
    return mean, covariance
