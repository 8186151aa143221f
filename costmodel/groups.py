"""Victims by form, age band and sex, as a table: who the children are (MODEL.md eq. 15g)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel.ages import AGE_BANDS
from costmodel.appraisal import Appraisal
from costmodel.evidence.harmonise import FORMS
from costmodel.summary import STATISTICS, summarise
from costmodel.unit_costs import SEXES

Array = NDArray[np.float64]

#: Label of a sum over a dim, and of the sum over the countries of a run.
ALL = "all"
#: "5 to 11": a spreadsheet takes 5-11 for a day in November.
AGES = tuple(band.replace("_", " to ") for band in AGE_BANDS)
UNITS = {"new_victims": "children/year", "stock": "children"}
LABELS = {"form": [ALL, *FORMS], "age": [ALL, *AGES], "sex": [ALL, *SEXES]}


def with_sums(values: Array) -> Array:
    """Put the sum over each dim but the first before its parts, dims (draw, 1 + form, 1 + age, 1 + sex).

    Args:
        values: Dims (draw, form, age, sex).

    Returns:
        Every cell and every sum of cells of one draw, so that a quantile of a sum can be had.
    """
    for axis in range(1, values.ndim):
        values = np.concatenate([values.sum(axis=axis, keepdims=True), values], axis=axis)
    return values


def _places(total: Appraisal, quantity: str) -> Iterator[tuple[str, Array]]:
    """Each country, and all of them together where there are several."""
    found = {name: values for (name, told), values in sorted(total.groups.items()) if told == quantity}
    yield from found.items()
    if len(found) > 1:
        yield ALL, np.sum(list(found.values()), axis=0)


def groups_table(total: Appraisal) -> pd.DataFrame:
    """New victims and stock by form, age band and sex under the comparator in the first year.

    Args:
        total: Draws of every country.

    Returns:
        One row a country, quantity and group, sums over groups labelled `ALL`: country, quantity, form, age, sex,
        mean, low, mid, high, mcse, unit.
    """
    parts = []
    for quantity, unit in UNITS.items():
        for country, values in _places(total, quantity):
            cells = with_sums(values)
            by_chain = cells.reshape(total.n_chains, -1, *cells.shape[1:])
            draws = xr.DataArray(by_chain, dims=("chain", "draw", *LABELS), coords=LABELS)
            parts.append(summarise(draws).assign(country=country, quantity=quantity, unit=unit))
    return pd.concat(parts, ignore_index=True)[["country", "quantity", *LABELS, *STATISTICS, "unit"]]
