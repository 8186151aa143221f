"""Programmes for the same children together: four ways in which they may overlap (MODEL.md eq. 23-23c)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from costmodel.programmes import combine_factors
from costmodel.scenario import Overlap

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Combination:
    """What a scenario says of programmes together.

    Attributes:
        mode: How programmes for the same children overlap.
        cap: Largest total reduction of incidence [share].
    """

    mode: Overlap
    cap: float


@dataclass(frozen=True)
class Part:
    """One programme among those for the same children.

    Attributes:
        factor: What it leaves alone, dims (draw, year) [1].
        reached: Share of what it acts on that it reaches, dims (draw or 1, year) [share].
        effect: Cut among those reached, dims (draw,); below zero where it harms [share].
    """

    factor: Array
    reached: Array
    effect: Array


def random_factors(factors: ArrayLike) -> Array:
    """What is left where programmes reach children independently of one another (MODEL.md eq. 23a).

    Args:
        factors: Factor of each programme, dims (programme, draw, year) [1].

    Returns:
        Joint factor, dims (draw, year): their product [1].

    Example:
        >>> random_factors([[[0.5]], [[0.8]]]).item()
        0.4
    """
    joint: Array = np.asarray(factors, dtype=float).prod(axis=0)
    return joint


def nested_factors(reached: ArrayLike, effects: ArrayLike) -> Array:
    """What is left where whoever the smaller programme reaches is reached by the larger too (MODEL.md eq. 23b).

    A child reached by several has the effect of the strongest: the one furthest from none, be it harm, so that a
    programme that does nothing hides no harm of another.

    Args:
        reached: Share of the incidence that each programme reaches, dims (programme, draw or 1, year) [share].
        effects: Cut of incidence among those reached, below zero where it harms, dims (programme, draw) [share].

    Returns:
        Joint factor, dims (draw, year) [1].

    Example:
        >>> round(nested_factors([[[0.2]], [[0.8]]], [[0.9], [0.2]]).item(), 3)  # 1 - 0.2 x 0.9 - 0.6 x 0.2
        0.7
    """
    effect = np.asarray(effects, dtype=float)[:, :, None]
    share, effect = np.broadcast_arrays(np.asarray(reached, dtype=float), effect)
    order = np.argsort(-share, axis=0, kind="stable")
    share, effect = (np.take_along_axis(values, order, axis=0) for values in (share, effect))
    layers = share - np.concatenate([share[1:], np.zeros_like(share[:1])])
    averted, strongest = np.zeros(share.shape[1:]), np.zeros(share.shape[1:])
    for layer, one in zip(layers, effect, strict=True):
        strongest = np.where(np.abs(one) > np.abs(strongest), one, strongest)
        averted += layer * strongest
    return 1 - averted


def additive_factors(factors: ArrayLike) -> Array:
    """What is left where no case is averted twice: reductions add up, to all of them at most (MODEL.md eq. 23c).

    Args:
        factors: Factor of each programme, dims (programme, draw, year) [1].

    Returns:
        Joint factor, dims (draw, year); never below 0 [1].

    Example:
        >>> additive_factors([[[0.5]], [[0.75]]]).item(), additive_factors([[[0.5]], [[0.25]]]).item()
        (0.25, 0.0)
    """
    joint: Array = np.maximum(1 - (1 - np.asarray(factors, dtype=float)).sum(axis=0), 0.0)
    return joint


def joint_factor(parts: Sequence[Part], *, mode: Overlap, power: ArrayLike) -> Array:
    """What programmes for the same children leave, by the overlap that a scenario states (MODEL.md eq. 23-23c).

    Args:
        parts: The programmes.
        mode: partial (the drawn power of eq. 23), random, nested or additive.
        power: Power that shrinks every further programme where overlap is partial, dims (draw,) [power].

    Returns:
        Joint factor, dims (draw, year); of a lone programme its own, in every mode [1].
    """
    factors = [part.factor for part in parts]
    match mode:
        case "partial":
            return combine_factors(factors, overlap=power)
        case "random":
            return random_factors(factors)
        case "nested":
            every_draw = [np.broadcast_to(part.reached, part.factor.shape) for part in parts]
            return nested_factors(every_draw, [part.effect for part in parts])
        case "additive":
            return additive_factors(factors)
    assert_never(mode)
