"""The tables of a briefing about who pays, when, and how sure the choice between options is."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from costmodel import verdict
from costmodel.briefing.cells import Cell, Table, estimate_cell
from costmodel.briefing.meta import Meta
from costmodel.briefing.select import estimate, headline, rows
from costmodel.ministries import GOVERNMENT
from costmodel.summary import Estimate, percent, printed, spoken

Tables = dict[str, pd.DataFrame]

#: Years of the table of budgets, counted from the first.
SHOWN_YEARS = (0, 1, 2, 3, 4, 9)
NO_SHARE = (
    "its share of GDP, because no expense of the central government is published for each country of the run"
)
NOTHING = Cell("0")


def ministries_table(tables: Tables, meta: Meta) -> Table:
    """Say what each ministry, all government and society save and pay by each option, headline preset.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and body that saves or pays something.
    """
    data = rows(tables["ministries"], discount=meta.discount)
    body = []
    for key, title in meta.alternatives.items():
        own = rows(data, option=key)
        for name in dict.fromkeys(own["ministry"]):
            one = rows(own, ministry=name)
            if not (one["mean"] != 0).any():
                continue
            cells = [
                _amount(estimate(one, quantity=quantity)) for quantity in ("saved", "outlay", "net_saving")
            ]
            gains = estimate(one, quantity="probability_net_saving_positive")
            chance = Cell(percent(gains.mean, gains.mcse) if gains else "")
            body.append((Cell(title), Cell(name.capitalize()), *cells, chance))
    return Table(
        caption=f"What each ministry saves and pays, present value, {meta.prices}",
        heads=("Option", "Who", "Saves", "Pays for programmes", "Net saving", "Gains in, of draws"),
        body=tuple(body),
        note=(
            "Against the comparator, child trafficking only. What a ministry saves are its fixed shares of the "
            "components of the burden, which are judgements; who pays for a programme stands in the evidence. A "
            "ministry not named pays the public part of programmes of business. All government is the fiscal view. "
            "Society counts everybody, and programmes at their resource cost, transfers left out: it is no sum of the "
            "rows above it. "
            f"{meta.basis()}"
        ),
        grouped=True,
    )


def _amount(found: Estimate | None) -> Cell:
    """Write an estimate; one that is 0 in every draw has no interval to tell."""
    return NOTHING if found and found.low == found.high == found.mean == 0 else estimate_cell(found)


def budget_table(tables: Tables, meta: Meta) -> Table:
    """Say what each option saves or costs each ministry, net, in each of the first five years and in the tenth.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and ministry that saves or pays something in these years.
    """
    data = rows(tables["budget_by_ministry"], flow="net")
    shown = [meta.start + n for n in SHOWN_YEARS if meta.start + n <= meta.end]
    data = data[data["year"].isin(shown)]
    body = []
    for key, title in meta.alternatives.items():
        own = rows(data, option=key)
        for name in dict.fromkeys(own["ministry"]):
            one = rows(own, ministry=name)
            if (one["mean"] != 0).any():
                body.append(
                    (
                        Cell(title),
                        Cell(name.capitalize()),
                        *_year_cells(one, shown, name, price_year=meta.price_year),
                    )
                )
    return Table(
        caption=f"Budgets of the first years: saved less paid, {meta.prices}, not discounted",
        heads=("Option", "Who", *(str(year) for year in shown)),
        body=tuple(body),
        note=f"{_budget_note(data)} {meta.basis(discounted=False)}",
        grouped=True,
    )


def _budget_note(data: pd.DataFrame) -> str:
    """Say what stands in the cells of the table of budgets."""
    rate = f"{100 * data['inflation'].iloc[0]:.3g}%" if len(data) else "the rate of the scenario"
    known = data["share_of_central_expense"].notna().all()
    return (
        "Mean over draws, against the comparator; below zero the option costs the ministry more than it saves it in "
        f"the year. Below it in money of the year, at inflation of {rate} a year, a judgement; of all government, also "
        f"{'its share of the expense of central governments' if known else NO_SHARE}. Savings come as services, "
        "benefits and taxes do, over the lives of survivors, so that outlay comes first."
    )


def _year_cells(one: pd.DataFrame, shown: list[int], name: str, *, price_year: int) -> Iterator[Cell]:
    """Net saving of one body in each year: real, nominal, and of all government its share of a wider budget."""
    known = one["share_of_central_expense"].notna().all()
    for year in shown:
        row = rows(one, year=year).iloc[0]
        mean, mcse = float(row["mean"]), float(row["mcse"])
        if mean == 0:
            yield NOTHING
            continue
        level = (1 + row["inflation"]) ** (year - price_year)
        small = [spoken(row["nominal_mean"], mcse=mcse * level)]
        if name == GOVERNMENT:
            share = 100 * float(row["share_of_central_expense" if known else "share_of_gdp"])
            size = printed(abs(share), mcse * abs(share / mean), digits=2)
            small.append(f"{'minus ' if share < 0 else ''}{size}%{'' if known else ' of GDP'}")
        yield Cell(spoken(mean, mcse=mcse), tuple(small))


def choice_table(tables: Tables, meta: Meta) -> Table:
    """Say how often each option is the best one, and what choosing it is expected to lose, the comparator too.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option, at the value of a QALY of the run.
    """
    data = rows(tables["acceptability"], qaly_multiple=1.0)
    body = []
    for key, title in meta.options.items():
        cells = []
        for scope in ("trafficking", "all_violence"):
            own = rows(data, option=key, scope=scope)
            best = estimate(own, quantity="probability_best")
            cells.append(Cell(percent(best.mean, best.mcse) if best else ""))
            cells.append(estimate_cell(estimate(own, quantity="expected_loss")))
        body.append((Cell(title), *cells))
    return Table(
        caption=f"How sure the choice is, {meta.prices}",
        heads=(
            "Option",
            "Best in, of draws",
            "Expected loss of choosing it",
            "Best in, with other violence averted",
            "Expected loss, with other violence averted",
        ),
        body=tuple(body),
        note=(
            "Best: the highest net benefit to society in the draw, the comparator being one of the choices; a draw in "
            "which an option only equals the comparator counts for the comparator. Expected loss: by how much the best "
            "option of each draw would have done better, on average, with 5 and 95% quantiles over draws; the smallest "
            "is what perfect knowledge would be worth for this choice. Other values of a QALY are in "
            f"acceptability.csv. {meta.basis()}"
        ),
    )


def precision(tables: Tables, meta: Meta) -> str:
    """Say how well the mean burden is known in Monte Carlo terms, and how many draws ±1% needs.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One sentence; nothing where the record does not say how many draws were used.
    """
    found = headline(tables, meta, option=meta.comparator, quantity="burden")
    if found is None or not meta.chains:
        return ""
    fitted = int(tables["diagnostics"]["draws"].min())
    return verdict.precision(found, n_draws=meta.draws, n_chains=meta.chains, fitted=fitted)
