"""What programmes save on what they replace, year by year and payer by payer, in the budget impact of a run."""

import pandas as pd

from costmodel.appraisal import Appraisal
from costmodel.scenario import Scenario, years
from costmodel.views import summary_row

#: How a payer is called in rows of savings: below zero, so that all payers of a year add up to the net impact.
SAVED = "saved by programmes: {payer}"


def with_offsets(budget: pd.DataFrame, total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """The budget impact with a row for each option, year and payer whose budget programmes relieve (MODEL.md eq. 28a).

    Args:
        budget: Cost of trafficking by payer, and gross outlay of programmes, by option and year.
        total: Draws.
        scenario: Options and horizon.

    Returns:
        The same table with rows of savings below each option's, undiscounted and below zero; as it was where no
        programme replaces anything.
    """
    unit, parts = f"{scenario.currency}{scenario.price_year}/year", []
    for option in scenario.options:
        rows = [
            summary_row(
                -saved[:, i], total, option=option, year=int(year), payer=SAVED.format(payer=payer), unit=unit
            )
            for (key, payer), saved in total.offset_by_year.items()
            if key == option
            for i, year in enumerate(years(scenario))
        ]
        own = budget[budget["option"] == option]
        parts += [own, pd.DataFrame(rows, columns=budget.columns)] if rows else [own]
    return pd.concat(parts, ignore_index=True)
