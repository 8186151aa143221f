"""The tables of a briefing about the question itself: options, programmes, burden, break-even."""

from __future__ import annotations

from itertools import product

import pandas as pd

from costmodel.briefing.cells import Cell, Table, estimate_cell
from costmodel.briefing.meta import Meta
from costmodel.briefing.method import unspent
from costmodel.briefing.select import chance_of_loss, estimate, headline, rows, with_titles
from costmodel.figures import COMPONENT_WORDS
from costmodel.groups import AGES, ALL
from costmodel.summary import central, estimates, interval, percent, printed
from costmodel.verdict import READING_WORDS

Tables = dict[str, pd.DataFrame]
BASIS_WORDS = {
    "elicited": "Elicited: a judgement, not a finding",
    "own": "Stated by the scenario's author",
    "trial": "Transferred from a study of another outcome",
}
BREAK_EVEN_WORDS = {
    "incidence_per_100k": "new victims a year per 100,000 children: at least",
    "effect_multiplier": "effects of the programmes, times those assumed: at least",
    "unit_cost_multiplier": "cost of a victim, times that estimated: at least",
}
GROUP_WORDS = {
    "care": "children in care",
    "corridor": "children on migration routes",
    "families": "families",
    "girls": "girls",
    "hazardous_work": "children in hazardous work",
    "infants": "infants",
    "migrants": "migrants",
    "on_move": "children on the move",
    "online": "children online",
    "poor": "poor households",
    "population": "all children",
    "school": "pupils",
    "supply_chain": "children working in supply chains",
    "venue": "children in venues of exploitation",
    "victims": "victims and survivors",
}
FORM_WORDS = {
    "sexual": "Sexual exploitation",
    "labour": "Forced labour",
    "other": "Other forms",
    ALL: "All forms",
}
SEX_WORDS = {"female": "girls", "male": "boys"}
NOWHERE, ANYWHERE = "no value reaches it", "repays at any value"
OPTION_HEADS = {
    "victims_averted": "New victims averted",
    "cost_of_inaction": "Cost of inaction",
    "spend": "What it costs",
    "offset": "Saved on what it replaces",
    "net_benefit": "Net benefit",
    "benefit_cost_ratio": "Benefit-cost ratio",
}
SAVED_NOTE = (
    "Saved: care or detention that is no longer paid for, which follows the children paid for and not any effect on "
    "trafficking; net benefit counts it, the ratio has it above. "
)


def options_table(tables: Tables, meta: Meta) -> Table:
    """Compare the options in the headline preset, for society, child trafficking only.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option.
    """
    body, heads = [], OPTION_HEADS
    if not any(headline(tables, meta, option=key, quantity="offset") for key in meta.alternatives):
        heads = {quantity: head for quantity, head in heads.items() if quantity != "offset"}
    for key, title in meta.alternatives.items():
        cells = [estimate_cell(headline(tables, meta, option=key, quantity=quantity)) for quantity in heads]
        lost = Cell(percent(*chance_of_loss(tables, meta, option=key)))
        body.append((Cell(title), *cells, lost))
    return Table(
        caption=f"The options, against “{meta.options[meta.comparator]}”, {meta.prices}",
        heads=("Option", *heads.values(), "Loses in, of draws"),
        body=tuple(body),
        note=(
            "Society as a whole, child trafficking only. Mean over draws, and the median where the two "
            "differ by more than a factor of 1.5; below it the 90% interval. The ratio is mean benefit over "
            f"mean cost, its interval that of the draws. {SAVED_NOTE if 'offset' in heads else ''}"
            f"{' '.join((*meta.combination, meta.basis()))}"
        ),
    )


def variants_table(tables: Tables, meta: Meta) -> Table:
    """Ask the same question in other ways: other presets, public budgets, other violence, a year's delay.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and way of asking.
    """
    ways: list[tuple[str, str, dict[str, str]]] = [
        (words, "net_benefit", {"discount": preset})
        for preset, words in meta.discounts.items()
        if preset != meta.discount
    ]
    ways += [
        ("public budgets alone", "net_benefit", {"perspective": "fiscal"}),
        ("with other violence averted", "net_benefit", {"scope": "all_violence"}),
        ("lost by starting one year later", "cost_of_delay", {}),
    ]
    body = []
    for key, title in meta.alternatives.items():
        for words, quantity, labels in ways:
            found = headline(tables, meta, option=key, quantity=quantity, **labels)
            if found is None:
                continue
            delayed = quantity == "cost_of_delay"
            lost = Cell("" if delayed else percent(*chance_of_loss(tables, meta, option=key, **labels)))
            body.append((Cell(title), Cell(words), estimate_cell(found), lost))
    return Table(
        caption=f"The same options, asked about in other ways, {meta.prices}",
        heads=("Option", "What changes", "Net benefit, or cost of delay", "Loses in, of draws"),
        body=tuple(body),
        note=f"Each line changes one thing of the table above. {meta.basis()}",
        grouped=True,
    )


def readings_table(tables: Tables, meta: Meta) -> Table:
    """Put the three readings of the effects side by side, headline preset, for society.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and reading.
    """
    data = rows(tables["readings"], discount=meta.discount, perspective="societal")
    body = []
    for (key, title), (reading, words) in product(meta.alternatives.items(), READING_WORDS.items()):
        own = rows(data, option=key, reading=reading)
        first = rows(own, scope="trafficking")
        lost = percent(*chance_of_loss({"headline": own}, meta, option=key))
        cells = [
            estimate_cell(estimate(first, quantity=quantity))
            for quantity in ("victims_averted", "cost_of_inaction", "net_benefit")
        ]
        wider = estimate_cell(estimate(own, quantity="net_benefit", scope="all_violence"))
        body.append((Cell(title), Cell(words), *cells, Cell(lost), wider))
    return Table(
        caption=f"Three readings of the effects, side by side, {meta.prices}",
        heads=(
            "Option",
            "Reading",
            "New victims averted",
            "Cost of inaction",
            "Net benefit",
            "Loses in, of draws",
            "Net benefit with other violence averted",
        ),
        body=tuple(body),
        note=(
            "Evidence-based: as in every other table. Sceptical: each programme does nothing with a probability of "
            "one half, else what the evidence says. Enthusiast: each prevents about a quarter of what it acts on among "
            "those reached, whatever the evidence; other violence as its trials found. The same draws of all else, so "
            "that rows can be compared one by one. The second and third are beliefs a reader may hold, not findings. "
            f"{meta.basis()}"
        ),
        grouped=True,
    )


def programmes_table(tables: Tables, meta: Meta) -> Table:
    """List the programmes of each option, and on what their effects rest.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row a programme.
    """
    body, less = [], unspent(tables, titles=meta.options, currency=meta.currency)
    for row in with_titles(tables["programmes"], meta).to_dict("records"):
        low, mid, high = (_factor(float(row[name])) for name in ("rr_low", "rr_mid", "rr_high"))
        body.append(
            (
                Cell(str(row["option"])),
                Cell(str(row["name"])),
                Cell(GROUP_WORDS.get(str(row["target_group"]), str(row["target_group"]).replace("_", " "))),
                Cell(
                    percent(float(row["coverage_end"])),
                    (f"{printed(float(row['reached_end']), 0, digits=2)} children",),
                ),
                Cell(mid, (f"{low} to {high}", f"of {row['acts_on']}")),
                Cell(BASIS_WORDS.get(str(row["basis"]), str(row["basis"])), (str(row["sentence"]),)),
            )
        )
    return Table(
        caption="What each option does, and what is known of it",
        heads=(
            "Option",
            "Programme",
            "Group reached",
            "Coverage in the last year",
            "Relative risk",
            "What the effect rests on",
        ),
        body=tuple(body),
        note=(
            "Relative risk: what is left, among those reached, of what the programme acts on; 1 is no "
            "effect. Of incidence, duration and severity, above 1 is harm; of detection it means that more "
            "are found. Median and 90% interval. No completed trial has measured child trafficking itself."
            + (f" {less}" if less else "")
        ),
        grouped=True,
    )


def parts_table(tables: Tables, meta: Meta, *, part: str) -> Table:
    """Split the burden under the comparator by component or payer.

    Args:
        tables: Tables of the run.
        meta: Describes the run.
        part: component or payer.

    Returns:
        One row a part, largest mean first.
    """
    data = rows(tables[f"burden_by_{part}"], option=meta.comparator, discount=meta.discount)
    data = data.sort_values("mean", ascending=False, kind="stable")
    total = float(data["mean"].sum())
    terms = COMPONENT_WORDS if part == "component" else {}
    whole = headline(tables, meta, option=meta.comparator, quantity="burden")
    found = [*zip(data[part], estimates(data), strict=True)]
    body = [
        (
            Cell(terms.get(str(name), str(name).replace("_", " ")).capitalize()),
            Cell(central(one)),
            Cell(interval(one)),
            Cell(percent(one.mean / total) if total else ""),
        )
        for name, one in found
    ]
    if whole:
        body.append((Cell("All together"), Cell(central(whole)), Cell(interval(whole)), Cell("")))
    words = {"component": "What it consists of", "payer": "Who bears it"}[part]
    return Table(
        caption=f"The burden under “{meta.options[meta.comparator]}”: {words.lower()}, {meta.prices}",
        heads=(part.capitalize(), "Mean", "90% interval", "Share of the means"),
        body=tuple(body),
        note=f"The whole burden, not what an option avoids. Intervals of parts don't add up. {meta.basis()}",
    )


def groups_table(tables: Tables, meta: Meta) -> Table:
    """Say who the victims are under the comparator in the first year: form by age band, girls and boys.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row a form and age band, of all countries together.
    """
    data = tables["victim_groups"]
    data = rows(data, country=ALL if ALL in set(data["country"]) else next(iter(data["country"])))
    body = []
    for form, age in product(FORM_WORDS, (*AGES, ALL)):
        cells = [
            estimate_cell(estimate(data, quantity=quantity, form=form, age=age, sex=sex))
            for quantity in ("new_victims", "stock")
            for sex in SEX_WORDS
        ]
        body.append((Cell(FORM_WORDS[form]), Cell("all ages" if age == ALL else age), *cells))
    return Table(
        caption=f"Who the children are under “{meta.options[meta.comparator]}”, {meta.start}",
        heads=(
            "Form of exploitation",
            "Age",
            "New victims: girls",
            "New victims: boys",
            "In exploitation: girls",
            "In exploitation: boys",
        ),
        body=tuple(body),
        note=(
            "Age is that at entry for new victims, and on any one day for those in exploitation. The split by age is "
            "elicited: a judgement, not a count. The split by sex is that of registered children, widened because boys "
            "and girls may be found unequally; where a country has no counts by sex it is that of its region. "
            "Intervals of parts don't add up. "
            f"{meta.estimand}. Run {meta.run_id}."
        ),
        grouped=True,
    )


def break_even_table(tables: Tables, meta: Meta) -> Table:
    """Say what would have to be true for each option just to repay its cost.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option and quantity.
    """
    data = with_titles(rows(tables["break_even"], discount=meta.discount), meta)
    body = []
    for row in data.to_dict("records"):
        told = {"never": NOWHERE, "always": ANYWHERE}
        value = told.get(str(row["repays"])) or printed(float(row["value"]), 0, digits=2)
        what = BREAK_EVEN_WORDS.get(str(row["quantity"]), str(row["quantity"]).replace("_", " "))
        body.append(
            (
                Cell(str(row["option"])),
                Cell(what.replace("at least", "at most") if row["repays"] == "up to" else what),
                Cell(value),
                Cell(printed(float(row["current"]), 0, digits=2)),
                Cell(percent(float(row["probability"]))),
            )
        )
    return Table(
        caption="What would have to be true for an option to repay its cost",
        heads=("Option", "What", "Break-even", "Assumed or estimated now", "Probability that it repays"),
        body=tuple(body),
        note=f"One thing is changed at a time. {meta.basis()}",
        grouped=True,
    )


def _factor(value: float) -> str:
    """Write a relative risk, with two decimals around one."""
    return printed(value, 0, digits=3 if value >= 1 else 2)
