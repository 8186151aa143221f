"""The same decision under other value judgements: of a QALY, of who loses, and of public money (MODEL.md eq. 37a-37c).

The unweighted line comes first, and is that of every other table.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from costmodel import appraisal, economics
from costmodel.appraisal import SOCIETAL, TRAFFICKING, Appraisal
from costmodel.discounting import QUALITY
from costmodel.evidence import Evidence
from costmodel.evidence.elicited import draw
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.priors import default_priors
from costmodel.scenario import Scenario
from costmodel.summary import summarise, summarise_ratio
from costmodel.views import SUMMARY

Array = NDArray[np.float64]
UNWEIGHTED, QALY_VALUE, EQUITY_WEIGHT, PUBLIC_FUNDS = (
    *("unweighted", "qaly_value", "equity_weight"),
    "public_funds",
)
#: Value of the first line: that of every other table.
DEFAULT = "default"
#: Prior of `priors.csv` that equity weights rest on; no sub-model reads it.
RELATIVE_INCOME = "relative_income_victims"
LABELS = ["option", "judgement", "value", "discount", "perspective", "scope", "quantity", "unit"]


class Case(NamedTuple):
    """One option under one judgement; benefit and spend, dims (draw,) [currency of the price year]."""

    judgement: str
    value: str
    benefit: Array
    spend: Array


def revalued_quality(
    averted: Mapping[str, Array], *, estimate: Mapping[str, Array], value: float | None
) -> Array:
    """What another value of a QALY adds to the cost of inaction (MODEL.md eq. 37a).

    Args:
        averted: Present value of quality of life averted by country, dims (draw,) [currency].
        estimate: Value of a QALY that it is valued at, by country, dims (draw,) [GDP per capita].
        value: The other value, the same multiple in every country; None for the estimate itself [GDP per capita].

    Returns:
        Sum over countries, dims (draw,); exactly 0 for the estimate [currency].

    Example:
        >>> averted, estimate = {"NLD": np.array([6.0])}, {"NLD": np.array([2.0])}
        >>> revalued_quality(averted, estimate=estimate, value=3.0).tolist()
        [3.0]
    """
    parts = [
        quality * (0.0 if value is None else value / estimate[country] - 1)
        for country, quality in averted.items()
    ]
    added: Array = np.sum(parts, axis=0)
    return added


def equity_weight(relative_income: ArrayLike, *, elasticity: float) -> Array:
    """Worth of a unit of money to a household over its worth at the mean income (MODEL.md eq. 37b).

    Args:
        relative_income: Income of the household over the mean of its country [ratio].
        elasticity: Elasticity of the marginal utility of income; 0 is no weight [1].

    Returns:
        Weight, shape of `relative_income` [1].

    Example:
        >>> equity_weight([0.5], elasticity=1.0).tolist()
        [2.0]
    """
    weight: Array = np.asarray(relative_income, dtype=float) ** -elasticity
    return weight


def household_shares(evidence: Evidence) -> Array:
    """Share of each component that victims and households bear in money, dims (component,): none of quality of life."""
    shares = 1 - appraisal.payer_rows(evidence)[2]
    shares[COMPONENTS.index(QUALITY)] = 0.0
    return shares


def relative_income(total: Appraisal, evidence: Evidence, *, seed: int) -> Array:
    """Draws of the relative income of victims' households, dims (draw,), keyed by the name of the prior [ratio]."""
    n_draws = next(iter(total.spend.values())).size
    return draw(default_priors(evidence)[RELATIVE_INCOME], RELATIVE_INCOME, n_draws=n_draws, seed=seed)


def cases(
    total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str, income: Array
) -> Iterator[Case]:
    """One option under each judgement, societal, trafficking only, headline preset; the unweighted first.

    Args:
        total: Draws.
        scenario: Comparator, headline preset, and the marginal cost of public funds.
        evidence: Judgements, and who bears which cost.
        option: An option that is not the comparator.
        income: Relative income of victims' households, dims (draw,) [ratio].

    Yields:
        Benefit, which holds what programmes save on what they replace, and gross spend, dims (draw,). Savings of
        public budgets count as benefit and outlay as spend where public money has a cost of its own (MODEL.md eq. 37c).
    """
    comparator, preset = scenario.comparator, scenario.discount[0]
    key = {"option": option, "preset": preset, "comparator": comparator}
    benefit = appraisal.benefit(total, **key, scope=TRAFFICKING, public=None)
    benefit = benefit + appraisal.extra_offset(total, **key, fiscal=False)
    spend = appraisal.extra_spend(total, **key, fiscal=False)
    yield Case(UNWEIGHTED, DEFAULT, benefit, spend)
    quality = {
        country: total.national[country, comparator][QUALITY] - national[QUALITY]
        for (country, name), national in total.national.items()
        if name == option
    }
    averted = economics.cost_of_inaction(total.burden[comparator, preset], total.burden[option, preset])
    borne = averted @ household_shares(evidence)
    for name, value in _values(evidence, QALY_VALUE):
        added = revalued_quality(quality, estimate=total.qaly_value, value=value)
        yield Case(QALY_VALUE, name, benefit + added, spend)
    for name, elasticity in _values(evidence, EQUITY_WEIGHT):
        weight = equity_weight(income, elasticity=elasticity or 0.0)
        yield Case(EQUITY_WEIGHT, name, benefit + borne * (weight - 1), spend)
    saved = appraisal.benefit(total, **key, scope=TRAFFICKING, public=appraisal.payer_rows(evidence)[2])
    saved = saved + appraisal.extra_offset(total, **key, fiscal=True)
    outlay = appraisal.extra_spend(total, **key, fiscal=True)
    stated = {f"{scenario.cost_of_public_funds:.12g}": scenario.cost_of_public_funds}
    for name, cost in {**dict(_values(evidence, PUBLIC_FUNDS)), **stated}.items():
        further = (cost or 1.0) - 1
        yield Case(PUBLIC_FUNDS, name, benefit + further * saved, spend + further * outlay)


def _values(evidence: Evidence, judgement: str) -> Iterator[tuple[str, float | None]]:
    """Name and value of each row of one judgement; None where it has no value."""
    rows = evidence.judgements[evidence.judgements["judgement"] == judgement]
    for name, value in zip(rows["name"], rows["value"], strict=True):
        yield str(name), None if pd.isna(value) else float(value)


def judgements_table(total: Appraisal, scenario: Scenario, evidence: Evidence, *, seed: int) -> pd.DataFrame:
    """Net benefit, ratio and chance of every option under every judgement, on the same draws.

    Args:
        total: Draws.
        scenario: Options, comparator, headline preset, marginal cost of public funds.
        evidence: Judgements, who bears which cost, and the prior of relative income.
        seed: Seed of the relative income, keyed by its name.

    Returns:
        One row an option, judgement, value and quantity; the ratio only where something is spent.
    """
    income = relative_income(total, evidence, seed=seed)
    parts = [
        _option_table(
            list(cases(total, scenario, evidence, option=option, income=income)), total, scenario
        ).assign(option=option)
        for option in scenario.options
        if option != scenario.comparator
    ]
    table = pd.concat(parts, ignore_index=True).assign(
        discount=scenario.discount[0], perspective=SOCIETAL, scope=TRAFFICKING
    )
    return table[[*LABELS, *SUMMARY]]


def _option_table(found: list[Case], total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """Summaries of one option under its judgements, all at once."""

    def stacked(values: list[Array]) -> xr.DataArray:
        whole = np.stack(values).reshape(len(found), total.n_chains, -1)
        return xr.DataArray(whole, dims=("case", "chain", "draw"), coords={"case": np.arange(len(found))})

    benefit, spend = (stacked([getattr(one, name) for one in found]) for name in ("benefit", "spend"))
    net = benefit.copy(data=economics.net_benefit(benefit, spend=spend))
    money = f"{scenario.currency}{scenario.price_year}"
    tables = {
        ("net_benefit", money): summarise(net),
        **({("benefit_cost_ratio", "ratio"): summarise_ratio(benefit, spend)} if spend.any() else {}),
        ("probability_net_benefit_positive", "probability"): summarise((net > 0).astype(float)),
    }
    whole = pd.concat([one.assign(quantity=name, unit=unit) for (name, unit), one in tables.items()])
    whole = whole.sort_values("case", kind="stable")
    labels: dict[str, Any] = {
        name: [getattr(found[case], name) for case in whole["case"]] for name in ("judgement", "value")
    }
    return whole.assign(**labels)
