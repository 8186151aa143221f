"""Tables that let a reader judge the model: countries, hold-outs, diagnostics, sources."""

from __future__ import annotations

import pandas as pd

from costmodel.briefing.cells import Cell, Table, estimate_cell
from costmodel.briefing.meta import Meta
from costmodel.briefing.references import reference
from costmodel.briefing.select import estimate, rows, with_titles
from costmodel.summary import Estimate, percent, printed

Tables = dict[str, pd.DataFrame]


def countries_table(tables: Tables, meta: Meta) -> Table:
    """Show the countries in alphabetical order, which is no ranking, and how much is known of each.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row a country.
    """
    data, learning = with_titles(tables["countries"], meta), with_titles(tables["learning"], meta)
    quantities = ("new_victims", "registered", "incidence_per_100k", "detection", "burden_share_of_gdp")
    body = []
    for country in sorted(set(data["country"])):
        found = [estimate(data, country=country, quantity=quantity) for quantity in quantities]
        shares = [_share(one) for one in found[3:]]
        kept = rows(learning, country=country, quantity="incidence")
        left = [percent(float(ratio)) for ratio in kept["posterior_sd"] / kept["prior_sd"]]
        known = tuple(str(words) for words in dict.fromkeys(rows(data, country=country)["evidence"]))
        body.append(
            (Cell(country, known), *map(estimate_cell, found[:3]), *shares, Cell(left[0] if left else ""))
        )
    return Table(
        caption="Countries in alphabetical order: no ranking",
        heads=(
            "Country",
            "New child victims a year",
            "Registered a year",
            "New victims per 100,000 children",
            "Share registered",
            "Burden, share of GDP",
            "Prior uncertainty left",
        ),
        body=tuple(body),
        note=(
            "A country with more registered victims isn't one with more victims: it may look harder. The "
            "last column is the standard deviation of log incidence after the evidence, in percent of that "
            f"before: near 100% the evidence of the country has taught next to nothing. {meta.basis()}"
        ),
    )


def holdout_table(tables: Tables, meta: Meta) -> Table:
    """Hold predictions of studies kept out of the fit against what the studies printed.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an anchor.
    """
    body = []
    data = tables["holdout"]
    for row in data.to_dict("records"):
        unit = str(row["unit"])
        low, mid, high = (printed(float(row[name]), 0, digits=2) for name in ("low", "mid", "high"))
        year = f", prices of {row['price_year']:.10g}" if pd.notna(row["price_year"]) else ""
        body.append(
            (
                Cell(str(row["study"]), (str(row["id"]),)),
                Cell(f"{row['printed']:,.10g}", (f"{unit}{year}",)),
                Cell(mid, (f"{low} to {high}",)),
                Cell("inside" if row["inside"] else "outside"),
            )
        )
    n_inside = sum(bool(row["inside"]) for row in data.to_dict("records"))
    return Table(
        caption=f"Studies kept out of the fit: {n_inside} of {len(data)} values lie inside the 90% interval",
        heads=("Study", "Printed", "Predicted: median and 90% interval", "Printed value"),
        body=tuple(body),
        note="A wide interval always covers: read coverage and width together.",
    )


def diagnostics_table(tables: Tables, meta: Meta) -> Table:
    """Show whether the sampler can be trusted.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row a sub-model.
    """
    body = tuple(
        (
            Cell(str(row["submodel"]).replace("_", " ")),
            Cell(f"{row['parameters']:,.0f}"),
            Cell(f"{row['rhat_max']:.3f}"),
            Cell(f"{row['ess_bulk_min']:,.0f}"),
            Cell(f"{row['ess_tail_min']:,.0f}"),
            Cell(f"{row['divergences']:,.0f}"),
            Cell(f"{row['draws']:,.0f}"),
        )
        for row in tables["diagnostics"].to_dict("records")
    )
    outcome = "passed" if meta.converged else "not passed"
    return Table(
        caption=f"Convergence of the fit: {outcome}",
        heads=(
            "Sub-model",
            "Parameters",
            "Largest R-hat",
            "Least effective draws, bulk",
            "Least effective draws, tail",
            "Divergences",
            "Draws",
        ),
        body=body,
        note="Wanted: R-hat of at most 1.01, at least 400 effective draws in bulk and tail, no divergence, and only "
        "finite draws. R-hat and effective draws are the worst of parameters and national outputs.",
    )


def sources_table(tables: Tables, meta: Meta) -> Table:
    """List the references, and what each was used for.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row a source, in alphabetical order of their keys.
    """
    data = tables["sources"].sort_values("key", kind="stable")
    body = tuple(
        (Cell(str(row["key"])), Cell(str(row["used_by"])), Cell(reference(str(row["reference"]))))
        for row in data.to_dict("records")
    )
    return Table(caption="Sources of the evidence", heads=("Key", "Used for", "Reference"), body=body)


def _share(found: Estimate | None) -> Cell:
    """Write a share as percent."""
    if found is None:
        return Cell("")
    in_percent = Estimate(*(100 * number for number in found))
    low, high = (printed(bound, 0, digits=2) for bound in (in_percent.low, in_percent.high))
    return Cell(f"{printed(in_percent.mean, in_percent.mcse)}%", (f"{low}% to {high}%",))
