"""Whether two lines of evidence agree on one quantity: node splitting (MODEL.md section 12).

`evidence.agreement` holds tables against each other before anything is fitted: sources exist, codes are known,
shares add up. Here both sides have been fitted, and the question is whether they say the same of the same quantity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import stats

from costmodel.decision.batches import Array, Index, batches, by_sample, error_of_mean
from costmodel.randomness import generator
from costmodel.summary import printed

LEVELS = (0.05, 0.50, 0.95)
#: Two-sided probability below which two lines are said to disagree [convention].
DISAGREE = 0.05
#: Below this, where zero is more than one SD from the middle of the difference, it is not said that they agree
#: [convention].
OPEN = 0.32
#: Digits of the difference in words.
DIGITS = 2
#: Pairs of draws, one of each line, from which the interval of the difference is taken.
N_PAIRS = 20_000
#: How much narrower than the line left out the joint must be, in SD, for the other line to be seen at all.
NARROWER = 0.99


@dataclass(frozen=True)
class Conflict:
    """Difference of two lines of evidence on one quantity.

    Attributes:
        quantity: What both speak of.
        names: The first line and the second.
        low: 5% quantile of first less second, or of their ratio on the log scale [unit of the quantity, or 1].
        mid: Median of it.
        high: 95% quantile of it.
        agreement: Twice the smaller probability that the difference is below or above none: near 1 the lines say the
            same, near 0 zero lies far in the tail of their difference [probability].
        error: Monte Carlo standard error of `agreement` [probability].
        ratio: Whether low, mid and high are of a ratio.
    """

    quantity: str
    names: tuple[str, str]
    low: float
    mid: float
    high: float
    agreement: float
    error: float
    ratio: bool

    @property
    def probability(self) -> float:
        """Probability of conflict, two-sided: one less the agreement (Presanis et al. 2013)."""
        return 1 - self.agreement

    @property
    def disagree(self) -> bool:
        """Whether the lines are said to disagree."""
        return self.agreement < DISAGREE

    @property
    def words(self) -> str:
        """What was found, in one sentence."""
        first, second = self.names
        low, mid, high = (printed(value, 0, digits=DIGITS) for value in (self.low, self.mid, self.high))
        size = f"{mid} times that by {second}" if self.ratio else f"{mid} above that by {second}"
        verdict = "They disagree" if self.disagree else "The two lines agree"
        if not self.disagree and self.agreement < OPEN:
            verdict = "It is open whether the two lines agree"
        return (
            f"{verdict}: {self.quantity} by {first} is {size} (90% interval {low} to {high}), "
            f"and the probability of conflict is {self.probability:.2f}."
        )


def node_split(
    first: xr.DataArray,
    second: xr.DataArray,
    *,
    quantity: str,
    names: tuple[str, str],
    log: bool = False,
    seed: int = 0,
) -> Conflict:
    """Conflict of two lines of evidence that share no data (MODEL.md eq. 63; Marshall and Spiegelhalter 2007).

    Args:
        first: Draws from the first line alone, dims (chain, draw) [unit of the quantity].
        second: Draws from the second line alone, as many as there are, or draws of a published figure with its own
            error, against a prediction of it from all others [unit of the quantity].
        quantity: What both speak of, as inside a sentence.
        names: Names of the two lines.
        log: Compare by ratio; both are positive.
        seed: Seed of the pairing.

    Returns:
        Their difference. Every draw of one is set against every draw of the other for the probability, pairs at
        random for the interval.

    Raises:
        ValueError: If `log` is set and a draw is not positive.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> lines = [xr.DataArray(rng.normal(m, 1, (4, 500)), dims=("chain", "draw")) for m in (0, 10)]
        >>> node_split(*lines, quantity="the rate", names=("counts", "lists")).disagree
        True
    """
    pair = [_values(draws, log=log) for draws in (first, second)]
    above = [_share_below(pair[1], pair[0]), _share_below(pair[0], pair[1])]
    probability = float(above[0].mean())
    error = math.hypot(
        *(
            float(error_of_mean(shares, batches(draws)))
            for shares, draws in zip(above, (first, second), strict=True)
        )
    )
    rng = generator(seed, name=f"conflict.{quantity}")
    drawn = [values[rng.integers(values.size, size=N_PAIRS)] for values in pair]
    ends = np.quantile(drawn[0] - drawn[1], LEVELS)
    low, mid, high = (np.exp(ends) if log else ends).tolist()
    return Conflict(
        quantity=quantity,
        names=names,
        low=low,
        mid=mid,
        high=high,
        agreement=2 * min(probability, 1 - probability),
        error=2 * error,
        ratio=log,
    )


def split_from_joint(
    joint: xr.DataArray,
    without: xr.DataArray,
    *,
    quantity: str,
    names: tuple[str, str],
    log: bool = False,
) -> Conflict:
    """Conflict where one line was left out but never fitted alone (MODEL.md eq. 63a).

    What the line that was left out says by itself follows from how it moved and narrowed the joint, both taken as
    normal: precisions and precision-weighted means are subtracted.

    Args:
        joint: Draws from both lines, dims (chain, draw) [unit of the quantity].
        without: Draws without the second line, dims (chain, draw) [unit of the quantity].
        quantity: What both speak of, as inside a sentence.
        names: The line that stayed and the line that was left out.
        log: Compare by ratio; both are positive.

    Returns:
        Difference of the line that stayed and what the other says alone. The prior counts with the line that stayed.

    Raises:
        ValueError: If leaving the line out widens nothing: then it cannot be seen in the joint, or `log` is set and
            a draw is not positive.
    """
    both, stayed = _values(joint, log=log), _values(without, log=log)
    wide, narrow = float(stayed.var()), float(both.var())
    if narrow >= NARROWER**2 * wide:
        raise ValueError(
            f"{quantity}: without {names[1]} its SD is {math.sqrt(wide):.3g}, with it {math.sqrt(narrow):.3g}; a line "
            "that narrows nothing cannot be told from the joint, fit it alone and use node_split"
        )
    # the difference of the two lines is this multiple of the move from the line that stayed to the joint
    stretch = wide / (wide - narrow)
    difference = stretch * float(stayed.mean() - both.mean())
    spread = wide / math.sqrt(wide - narrow)
    z = difference / spread
    error = stretch / spread * math.hypot(_error(both, batches(joint)), _error(stayed, batches(without)))
    ends = difference + spread * stats.norm.ppf(LEVELS)
    low, mid, high = (np.exp(ends) if log else ends).tolist()
    return Conflict(
        quantity=quantity,
        names=names,
        low=low,
        mid=mid,
        high=high,
        agreement=float(2 * stats.norm.sf(abs(z))),
        error=float(2 * stats.norm.pdf(z) * error),
        ratio=log,
    )


def _values(draws: xr.DataArray, *, log: bool) -> Array:
    """Draws, or their logs."""
    values = by_sample(draws)
    if log and values.min() <= 0:
        raise ValueError(f"draws of {draws.name or 'a line'}: some are not positive; compare without log")
    return np.log(values) if log else values


def _share_below(reference: Array, values: Array) -> Array:
    """Share of the draws of a reference below each value, ties by half."""
    ordered = np.sort(reference)
    sides = [np.searchsorted(ordered, values, side=side) for side in ("left", "right")]
    share: Array = (sides[0] + sides[1]) / (2 * reference.size)
    return share


def _error(values: Array, batch: Index) -> float:
    """Monte Carlo standard error of a mean."""
    return float(error_of_mean(values, batch))
