"""The table of a briefing about value judgements: the same decision for readers who would judge otherwise."""

from __future__ import annotations

import pandas as pd

from costmodel.briefing.cells import Cell, Table, estimate_cell
from costmodel.briefing.meta import Meta
from costmodel.briefing.select import chance_of_loss, estimate, rows
from costmodel.summary import percent
from costmodel.verdict import judged, judgement_words

Tables = dict[str, pd.DataFrame]
#: The first line of every option, and how it is said.
UNWEIGHTED = "unweighted"
AS_ELSEWHERE = "as in every other table"
#: Lines of the table of the run that repeat the first one.
REPEATED = (("qaly_value", "estimate"), ("equity_weight", "0"), ("public_funds", "1"))


def judgements_table(tables: Tables, meta: Meta) -> Table:
    """Show each option again under other values of a QALY, equity weights, and a cost of public money.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and judgement, the unweighted one first; headline preset, for society, trafficking only.
    """
    data = tables["value_judgements"]
    cases = data[["judgement", "value"]].drop_duplicates().itertuples(index=False, name=None)
    shown = [case for case in cases if case not in REPEATED]
    body = []
    for key, title in meta.alternatives.items():
        for judgement, value in shown:
            own = rows(data, option=key, judgement=judgement, value=value)
            words = AS_ELSEWHERE if judgement == UNWEIGHTED else judgement_words(judgement, value)
            cells = [
                estimate_cell(estimate(own, quantity=quantity))
                for quantity in ("net_benefit", "benefit_cost_ratio")
            ]
            lost = percent(*chance_of_loss({"headline": own}, meta, option=key))
            body.append((Cell(title), Cell(words), *cells, Cell(lost)))
    return Table(
        caption=f"The same decision under other value judgements, {meta.prices}",
        heads=("Option", "Judgement", "Net benefit", "Benefit-cost ratio", "Loses in, of draws"),
        body=tuple(body),
        note=(
            "Society as a whole, child trafficking only, the same draws in every line; each changes one judgement. A "
            "value of a QALY is a multiple of the country's own GDP per capita. Equity weights count earnings after "
            "tax and own payments of victims and households by their income against the mean of their country, an "
            "elicited ratio; never one country against another, and not quality of life. They are no findings, and "
            f"the first line is the one to compare with. {meta.basis()}"
        ),
        grouped=True,
    )


def sentences(tables: Tables, meta: Meta) -> list[str]:
    """Say whether a value judgement changes the decision, and what public money is said to cost if not one.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        No sentence where no judgement changes anything and the scenario states no cost of public money.
    """
    data = tables["value_judgements"]
    stated = [
        value for value in data.loc[data["judgement"] == "public_funds", "value"].unique() if value != "1"
    ]
    costs = [
        f"The scenario states that one unit of public money costs society {value}. The headline and every other table "
        "count it as one; what it costs beyond that is in the last line of each option below."
        for value in stated
    ]
    said = judged(data, titles=meta.alternatives)
    return [*([said] if said else []), *costs]
