"""What options bring and cost in each country of a scenario: countries beside one another, never ranked."""

from itertools import product

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel import economics
from costmodel.appraisal import ALL_VIOLENCE, SOCIETAL, TRAFFICKING, Appraisal
from costmodel.scenario import Scenario
from costmodel.summary import summarise
from costmodel.views import SUMMARY, ratios

Array = NDArray[np.float64]
LABELS = ["country", "option", "discount", "perspective", "scope", "quantity", "unit"]


def by_country_tables(total: Appraisal, scenario: Scenario) -> dict[str, pd.DataFrame]:
    """The table by country as part of a run, which has none where there is one country."""
    several = len({country for country, _ in total.national}) > 1
    return {"by_country": by_country_table(total, scenario)} if several else {}


def by_country_table(total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """Each country's part of the headline, headline preset, for society (MODEL.md eq. 37d).

    Args:
        total: Draws, with those of totals of each country.
        scenario: Options, comparator and headline preset.

    Returns:
        One row a country, option, scope and quantity, countries in the order of the alphabet. Means of what adds up
        add up to the headline; ratios and chances do not.
    """
    countries = sorted({country for country, _ in total.national})
    parts = [
        _of_option(total, scenario, option=option, scope=scope, countries=countries)
        for option, scope in product(scenario.options, (TRAFFICKING, ALL_VIOLENCE))
        if option != scenario.comparator
    ]
    table = pd.concat(parts, ignore_index=True).sort_values("country", kind="stable", ignore_index=True)
    return table.assign(discount=scenario.discount[0], perspective=SOCIETAL)[[*LABELS, *SUMMARY]]


def _of_option(
    total: Appraisal, scenario: Scenario, *, option: str, scope: str, countries: list[str]
) -> pd.DataFrame:
    """One option and scope in all countries: one summary a quantity, so that 27 countries cost little."""

    def more(name: str) -> Array:
        """What the option has more of it than the comparator, dims (country, draw)."""
        return np.stack(
            [
                total.national[country, option][name] - total.national[country, scenario.comparator][name]
                for country in countries
            ]
        )

    def labelled(values: Array) -> xr.DataArray:
        shaped = values.reshape(len(countries), total.n_chains, -1)
        return xr.DataArray(shaped, dims=("country", "chain", "draw"), coords={"country": countries})

    money = f"{scenario.currency}{scenario.price_year}"
    gain = -more("burden") + (more("violence") if scope == ALL_VIOLENCE else 0.0)
    spend, offset = more("spend"), more("offset")
    net = economics.net_benefit(gain, spend=spend - offset)
    saves = {("offset", money): offset, ("net_spend", money): spend - offset} if offset.any() else {}
    tables = {
        ("victims_averted", "children"): summarise(labelled(-more("victims"))),
        ("cost_of_inaction", money): summarise(labelled(gain)),
        ("spend", money): summarise(labelled(spend)),
        **{key: summarise(labelled(values)) for key, values in saves.items()},
        ("net_benefit", money): summarise(labelled(net)),
        **{
            key: table.dropna(subset="mean")
            for key, table in ratios(labelled(gain + offset), labelled(spend)).items()
        },
        ("probability_net_benefit_positive", "probability"): summarise(labelled((net > 0).astype(float))),
    }
    rows = [one.assign(quantity=name, unit=unit) for (name, unit), one in tables.items()]
    return pd.concat(rows).assign(option=option, scope=scope)
