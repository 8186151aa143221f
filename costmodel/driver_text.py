"""What `costmodel voi` and `costmodel sensitivity` print: what knowing is worth, and what drives a choice."""

from __future__ import annotations

from typing import Any

import pandas as pd

from costmodel.choices import BURDEN, NET_BENEFIT, Choice
from costmodel.decision.power_scaling import ALPHAS, SENSITIVE
from costmodel.decision.prior_shift import FARTHEST
from costmodel.decision_text import place
from costmodel.drivers import MOVED, Drivers, Knowing
from costmodel.parameters import BIAS
from costmodel.planned_studies import LISTS
from costmodel.printing import Row, render_table
from costmodel.summary import percent, printed, spoken

#: Parameters that are shown of each option, and changes of the answer when a prior or source is weighed otherwise.
MOST_SWINGS, MOST_SCALED = 5, 10
#: What is less than this many errors is told as nothing that can be seen.
ERRORS = 2.0


def knowing_text(found: Knowing, planned: pd.DataFrame | None, choice: Choice) -> str:
    """Draw what it is worth to know more.

    Args:
        found: As `drivers.knowing` returns it.
        planned: As `planned_studies.value_of_studies`, None without studies.
        choice: The run.

    Returns:
        Tables as text.
    """
    unit = choice.run.unit
    tables = [
        _worth(
            found.by_group,
            unit,
            title="Value of knowing, by group of parameters",
            caption=f"{place(choice)}.",
        ),
        _worth(
            found.by_kind,
            unit,
            title="The same, by the kind of evidence that informs them",
            caption="Raw: before it is held between 0 and the value of knowing everything.",
        ),
    ]
    if planned is not None:
        tables.append(_planned(planned, unit))
    return "\n\n".join(tables)


def _worth(table: pd.DataFrame, unit: str, *, title: str, caption: str) -> str:
    """Values of knowing, a group a row."""
    rows = [
        [
            str(row["group"]),
            f"{row['n_parameters']}",
            *(spoken(row[name], unit, digits=2) for name in ("evppi", "raw", "standard_error")),
            percent(row["switching"]),
        ]
        for row in table.to_dict("records")
    ]
    heads = ["Known", "Parameters", "Worth", "Raw", "Standard error", "Choice changes in"]
    return render_table(heads, rows, title=title, caption=caption)


def _planned(planned: pd.DataFrame, unit: str) -> str:
    """Values of studies, a study a row."""
    rows = [
        [
            str(row["study"]),
            *(spoken(row[name], unit, digits=2) for name in ("evsi", "raw", "standard_error")),
            percent(row["remaining"]),
            *(spoken(row[name], unit, digits=2) for name in ("price", "enbs")),
        ]
        for row in planned.to_dict("records")
    ]
    heads = [
        "Study",
        "Worth if known today",
        "Raw",
        "Standard error",
        "Still to come",
        "Price",
        "Worth less price",
    ]
    return render_table(
        heads,
        rows,
        title="Value of studies",
        caption="Errors, reporting and selection of each design are judgements: priors.csv, module studies.",
    )


def knowing_rows(
    found: Knowing, planned: pd.DataFrame | None
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """The same as rows for programs.

    Args:
        found: As `drivers.knowing` returns it.
        planned: As `planned_studies.value_of_studies`, None without studies.

    Returns:
        Rows of everything, groups and kinds of evidence, labelled by `of`; and studies beside them.
    """
    whole = found.everything
    rows: list[dict[str, Any]] = [
        {
            "of": "everything",
            "group": "everything",
            "n_parameters": None,
            "evppi": whole.value,
            "raw": whole.raw,
            "standard_error": whole.standard_error,
            "in_sample": whole.in_sample,
            "switching": whole.switching,
        }
    ]
    for of, table in (("group", found.by_group), ("kind of evidence", found.by_kind)):
        rows += [
            {"of": of, **{str(key): value for key, value in row.items()}} for row in table.to_dict("records")
        ]
    beside = {} if planned is None else {"studies": _records(planned)}
    return rows, beside


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as rows."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def knowing_notes(found: Knowing, planned: pd.DataFrame | None, choice: Choice) -> dict[str, str]:
    """Say in a sentence what it is worth to know more.

    Args:
        found: As `drivers.knowing` returns it.
        planned: As `planned_studies.value_of_studies`, None without studies.
        choice: The run.

    Returns:
        Sentences by key.
    """
    unit, whole = choice.run.unit, found.everything
    best = _title(found.best, choice)
    worth = _with_error(whole.value, whole.standard_error, unit)
    said = {
        "everything": f"“{best}” is best as things stand; another option would be in {percent(whole.switching)} of the "
        f"draws, and to know before choosing would be worth {worth}"
    }
    seen = found.by_group[found.by_group["raw"] > ERRORS * found.by_group["standard_error"]]
    if seen.empty:
        said["most"] = (
            "no single group of parameters is worth more than two standard errors, so that these draws "
            "show no value of knowing one alone"
        )
    else:
        top = seen.iloc[0]
        amount = _with_error(top["evppi"], top["standard_error"], unit)
        said["most"] = (
            f"to know “{top['group']}” alone would be worth {amount}, the most of those beyond their error"
        )
    if planned is not None:
        paying = planned[planned["enbs"] > ERRORS * planned["enbs_error"]]
        names = "; ".join(str(name) for name in paying["study"])
        said["studies"] = (
            f"worth their price: {names}" if names else "none is clearly worth its price for this choice"
        )
        if BIAS not in choice.parameters and planned["study"].str.startswith(LISTS).any():
            said["lists"] = (
                "this run keeps no bias of linked lists, which is drawn from its prior: where an estimate of the "
                "country was fitted, lists are worth less than is shown"
            )
    return said


def _with_error(value: float, error: float, unit: str) -> str:
    """An amount beside its error, which rounding by the error would hide where the two are near."""
    return f"{spoken(value, unit, digits=2)} (standard error {spoken(error, unit, digits=2)})"


def _title(key: str, choice: Choice) -> str:
    """Name of an option."""
    return choice.run.scenario.options[key].title or key


def driver_text(found: Drivers, choice: Choice) -> str:
    """Draw what drives the net benefit of the options and the choice between them.

    Args:
        found: As `drivers.drivers` returns it.
        choice: The run.

    Returns:
        Tables as text.
    """
    tables = [_shares(found.shares, choice), _swings(found.swings, choice), _shifts(found, choice)]
    if found.scaling is not None:
        tables.append(_scaled(found, choice))
    return "\n\n".join(tables)


def _shares(table: pd.DataFrame, choice: Choice) -> str:
    """Shapley shares, a group a row and an option a column."""
    options = [*dict.fromkeys(table["option"])]
    by_place = {(row["option"], row["group"]): row for row in table.to_dict("records")}
    groups = table.groupby("group", sort=False)["shapley"].sum().sort_values(ascending=False).index
    rows = [[str(group), *(_share(by_place.get((option, group))) for option in options)] for group in groups]
    explained = table.drop_duplicates("option").set_index("option")["explained"]
    rows.append(["all of them", *(percent(max(float(explained[option]), 0.0)) for option in options)])
    return render_table(
        ["Group of parameters", *(_title(option, choice) for option in options)],
        rows,
        title="Shares of the variance of net benefit",
        caption=f"Shapley shares, in brackets the share that would go if the group alone were known. {place(choice)}.",
    )


def _share(row: Row | None) -> str:
    """A Shapley share beside the first-order one."""
    if row is None:
        return ""
    alone = percent(max(row["first_order"], 0.0), row["first_order_error"])
    return f"{percent(max(row['shapley'], 0.0), row['shapley_error'])} ({alone})"


def _swings(table: pd.DataFrame, choice: Choice) -> str:
    """The parameters that swing each option most."""
    unit, labels = choice.run.unit, choice.dictionary.set_index("parameter")["label"]
    rows = []
    for option, each in table.groupby("option", sort=False):
        for row in each.head(MOST_SWINGS).to_dict("records"):
            ends = (f"{printed(row[name], 0.0)}" for name in ("at_low", "at_high"))
            means = (
                spoken(row[f"mean_{end}"], unit, mcse=row[f"mean_{end}_error"]) for end in ("low", "high")
            )
            rows.append([_title(str(option), choice), str(labels[row["parameter"]]), *ends, *means])
    return render_table(
        ["Option", "Parameter", "5%", "95%", "Net benefit there", "and there"],
        rows,
        title="What swings the expected net benefit most",
        caption="Means over draws in which the parameter is near that end of what is believed of it.",
    )


def _shifts(found: Drivers, choice: Choice) -> str:
    """Shifts of what is believed at which another option is best."""
    labels = choice.dictionary.set_index("parameter")["label"]
    changing = found.shifts[found.shifts["changes_to"] != ""]
    order = changing["shift"].abs().sort_values().index
    rows = [
        [
            str(labels[row["parameter"]]),
            f"{row['shift']:+.1f} SD (error {row['shift_error']:.1f})",
            _title(str(row["changes_to"]), choice),
            f"{row['pareto_k']:.2f}",
        ]
        for row in changing.loc[order].to_dict("records")
    ]
    return render_table(
        ["Parameter", "Shift of its mean", "Best then", "Pareto k"],
        rows or [["none of the leading parameters", "", "", ""]],
        title=f"How far beliefs would have to move before “{_title(found.best, choice)}” is not best",
        caption="In standard deviations of what is believed, of the log where it is positive; no farther than weights "
        "can be believed.",
    )


def _scaled(found: Drivers, choice: Choice) -> str:
    """Priors and sources to which the answer is most sensitive, and what it is when each speaks louder or softer."""
    assert found.scaling is not None  # whoever asks has looked
    changes = found.scaling.changes.set_index(["component", "quantity", "alpha"])
    ranked = found.scaling.sensitivity.dropna(subset="sensitivity").sort_values(
        "sensitivity", ascending=False
    )
    told = ranked[ranked["quantity"].str.startswith((BURDEN, NET_BENEFIT))]
    clear = changes.index[changes["change"].abs() > ERRORS * changes["change_error"]]
    places = {(component, quantity) for component, quantity, _ in clear}
    kept = [row for row in told.to_dict("records") if (row["component"], row["quantity"]) in places]
    rows = []
    for row in kept[:MOST_SCALED]:
        quantity, _, option = str(row["quantity"]).partition(" ")
        softer, louder = (changes.loc[(row["component"], row["quantity"], alpha)] for alpha in ALPHAS)
        of = f", {_title(option, choice)}" if option else ""
        rows.append(
            [
                str(row["component"]),
                f"{quantity.replace('_', ' ')}{of}",
                *(f"{one['change']:+.1%} (error {one['change_error']:.1%})" for one in (softer, louder)),
                f"{row['sensitivity']:.3f}",
                "yes" if row["matters"] else "no",
            ]
        )
    return render_table(
        ["Prior or source", "Mean of", "If softer", "If louder", "Sensitivity", "Matters"],
        rows or [["none beyond its error", *[""] * 5]],
        title=f"What the answer is most sensitive to: each raised to the power {ALPHAS[0]} and {ALPHAS[1]}",
        caption=f"Distance of the distribution per doubling; from {SENSITIVE} on it is said to matter. Only changes of "
        "the mean beyond two Monte Carlo errors.",
    )


def driver_notes(found: Drivers, choice: Choice) -> dict[str, str]:
    """Say in sentences whether the choice hangs on one belief or source.

    Args:
        found: As `drivers.drivers` returns it.
        choice: The run.

    Returns:
        Sentences by key.
    """
    best = _title(found.best, choice)
    changing = found.shifts[found.shifts["changes_to"] != ""]
    if changing.empty:
        least = found.shifts["reached"].min()
        said = {
            "choice": f"“{best}” stays best for every shift that was tried: of one belief at a time, among the {MOVED} "
            f"that swing each option most, by up to {FARTHEST:.0f} standard deviations or as far as weights can be "
            f"believed, the least {least:.1f}"
        }
    else:
        near = changing.loc[changing["shift"].abs().idxmin()]
        label = choice.dictionary.set_index("parameter")["label"][near["parameter"]]
        way = "lower" if near["shift"] < 0 else "higher"
        said = {
            "choice": f"“{_title(str(near['changes_to']), choice)}” would be best in place of “{best}” if “{label}” "
            f"were believed {abs(near['shift']):.1f} standard deviations {way}"
        }
    if found.scaling is not None:
        decisions = found.scaling.decisions
        turned = [*dict.fromkeys(decisions.loc[decisions["changes"].fillna(False).astype(bool), "component"])]
        unknown = [*dict.fromkeys(decisions.loc[decisions["changes"].isna(), "component"])]
        said["louder_or_softer"] = (
            f"raised to the power {ALPHAS[0]} or {ALPHAS[1]}, the best option changes with {', '.join(turned)}"
            if turned
            else f"no prior or source raised to the power {ALPHAS[0]} or {ALPHAS[1]} changes the best option"
        )
        if unknown:
            said["louder_or_softer"] += f", {len(unknown)} left out whose weights will not do"
        if found.untried:
            said["not_tried"] = (
                "priors that the run keeps and no parameter of these options names: "
                + ", ".join(found.untried)
            )
        if unknown:
            said["weights_will_not_do"] = (
                f"{', '.join(unknown)}: only a fit without or with more of it can tell"
            )
    return said
