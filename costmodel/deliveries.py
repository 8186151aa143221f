"""Year by year, what money is asked for, what can be absorbed and spent, and how many it reaches: a table of a run."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel.appraisal import Appraisal
from costmodel.scenario import Scenario, years
from costmodel.views import summary_row, summary_table

Array = NDArray[np.float64]
LABELS = ["option", "programme", "year", "quantity", "unit"]
COVERAGE = "coverage"


def delivery_table(total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """How programmes that are given money, or have a fixed cost, are delivered (MODEL.md eq. 25a-25e).

    Args:
        total: Draws.
        scenario: Horizon, currency and price year.

    Returns:
        One row an option, programme, year and quantity: asked and absorbed (where money is given), fixed_cost and
        spend [currency of the price year/year], and coverage [share of the group]; empty without such a programme.
    """
    money = f"{scenario.currency}{scenario.price_year}/year"
    rows = [
        summary_row(
            values,
            total,
            option=option,
            programme=programme,
            year=int(year),
            quantity=quantity,
            unit="share" if quantity == COVERAGE else money,
        )
        for (option, programme, quantity), path in total.deliveries.items()
        for year, values in zip(years(scenario), _every_draw(path, total), strict=True)
    ]
    return summary_table(rows, LABELS)


def _every_draw(path: Array, total: Appraisal) -> Array:
    """A path by year and draw, dims (year, draw), where it may be one for all draws."""
    n_draws = next(iter(total.spend.values())).size
    return np.broadcast_to(path, (n_draws, path.shape[1])).T
