"""How sure the choice between options is, whatever a QALY is worth (MODEL.md eq. 40a)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel import appraisal, economics
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING, Appraisal
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.scenario import Scenario
from costmodel.views import Cell, summary_rows, summary_table

Array = NDArray[np.float64]

#: Multiples of the value of a QALY at which the choice is asked again.
MULTIPLES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
QUALITY = "quality"


def net_benefits(total: Appraisal, scenario: Scenario, *, scope: str, multiple: float) -> Array:
    """Net benefit of every option at a multiple of the value of a QALY, headline preset, societal (MODEL.md eq. 40a).

    Lost quality of life is valued at a price of a QALY and other violence at the same price of a DALY, so that both
    are linear in it; all else stays.

    Args:
        total: Draws.
        scenario: Options, presets and comparator.
        scope: trafficking or all_violence.
        multiple: Of the value of a QALY [1].

    Returns:
        Draws, dims (option, draw); exactly 0 for the comparator [currency of the price year].
    """
    preset, comparator = scenario.discount[0], scenario.comparator
    weights = np.array([multiple if name == QUALITY else 1.0 for name in COMPONENTS])
    inaction, found = total.burden[comparator, preset], []
    for option in scenario.options:
        gain = economics.cost_of_inaction(inaction, total.burden[option, preset]) @ weights
        if scope == ALL_VIOLENCE:
            gain = gain + multiple * (total.violence[option, preset] - total.violence[comparator, preset])
        paid = appraisal.net_spend(total, option=option, preset=preset, comparator=comparator, fiscal=False)
        found.append(economics.net_benefit(gain, spend=paid))
    return np.stack(found)


def best_shares(net: Array, *, comparator: int) -> Array:
    """Which option has the highest net benefit in each draw, dims (option, draw) (MODEL.md eq. 40a).

    A draw in which several are best goes to the comparator if it is one of them, since nothing is gained by acting;
    else it is split evenly.

    Args:
        net: Net benefit, dims (option, draw) [currency].
        comparator: Place of the comparator among the options.

    Returns:
        Share of the draw, 1 over the options [share].

    Example:
        >>> best_shares(np.array([[0.0, 0.0, 0.0], [0.0, 2.0, 2.0], [-1.0, 1.0, 2.0]]), comparator=0).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.5]]
    """
    best = net == net.max(axis=0)
    others = best & ~best[comparator]
    others[comparator] = best[comparator]
    shares: Array = others / others.sum(axis=0)
    return shares


def opportunity_losses(net: Array) -> Array:
    """What choosing each option loses against the one that is best in the draw (MODEL.md eq. 40a).

    The least of their means is the expected value of perfect information on the choice.

    Args:
        net: Net benefit, dims (option, draw) [currency].

    Returns:
        Loss, dims (option, draw), 0 or more [currency].

    Example:
        >>> opportunity_losses(np.array([[0.0, 0.0], [3.0, -1.0]])).mean(axis=1).tolist()
        [1.5, 0.5]
    """
    lost: Array = net.max(axis=0) - net
    return lost


def acceptability_table(total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """Probability of being best, expected loss and net benefit of every option, the comparator too (eq. 40a).

    Args:
        total: Draws.
        scenario: Options, presets and comparator; headline preset, societal.

    Returns:
        One row an option, scope, multiple of the value of a QALY and quantity.
    """
    keys, unit, rows = list(scenario.options), f"{scenario.currency}{scenario.price_year}", []
    for scope in (TRAFFICKING, ALL_VIOLENCE):
        for multiple in MULTIPLES:
            net = net_benefits(total, scenario, scope=scope, multiple=multiple)
            found = {
                ("probability_best", "probability"): best_shares(
                    net, comparator=keys.index(scenario.comparator)
                ),
                ("expected_loss", unit): opportunity_losses(net),
                ("net_benefit", unit): net,
            }
            labels = {"discount": scenario.discount[0], "scope": scope, "qaly_multiple": multiple}
            cells: list[Cell] = [
                ({"option": option, **labels, "quantity": quantity, "unit": measured}, values[place])
                for place, option in enumerate(keys)
                for (quantity, measured), values in found.items()
            ]
            rows += summary_rows(cells, total)
    return summary_table(rows, ["option", "discount", "scope", "qaly_multiple", "quantity", "unit"])
