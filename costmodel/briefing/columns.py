"""What each column of a run's tables means: the dictionary that goes into the run folder."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

STATISTICS = {
    "mean": ("unit of the row", "Mean over draws; of a ratio, the ratio of means"),
    "low": ("unit of the row", "5% quantile over draws"),
    "mid": ("unit of the row", "Median over draws"),
    "high": ("unit of the row", "95% quantile over draws"),
    "mcse": ("unit of the row", "Monte Carlo standard error of the mean"),
}
SHARED = {
    **STATISTICS,
    "option": ("", "Key of the option in the scenario"),
    "discount": ("", "Name of the discount preset"),
    "perspective": (
        "",
        "Whose costs count: societal (everybody's, transfers left out) or fiscal (public budgets)",
    ),
    "scope": (
        "",
        "trafficking: child trafficking only; all_violence: other violence averted counted as well",
    ),
    "quantity": ("", "Which quantity the row is about"),
    "unit": (
        "",
        "Unit of the statistics; money in the prices of the year named, never in thousands or millions",
    ),
    "year": ("year", "Calendar year"),
    "component": ("", "Part of the cost: law, services, health, output, quality, coordination"),
    "payer": ("", "Who bears the cost"),
    "estimand": ("", "Which victims are meant: A, new child victims who meet the national definition"),
    "country": ("", "ISO 3166 alpha-3 code"),
    "evidence": ("", "What evidence there is of this country"),
    "accounting": ("", "incident_lifetime, annual_stock or fiscal: three views of one harm, never added"),
}
OWN: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "headline": {
        "quantity": (
            "",
            "Which quantity the row is about. spend is gross; offset, what its programmes save on what they replace, "
            "and net_spend stand only where there is any; net_benefit is cost_of_inaction less net spend, "
            "benefit_cost_ratio has the offset above and gross spend below",
        ),
        "draws_for_1pct": (
            "draws",
            "Draws over all chains, as far apart as those of the run, at which 1.96 Monte Carlo errors are 1% of the "
            "mean; of money and victims; empty where the mean is 0",
        ),
    },
    "readings": {
        "reading": (
            "",
            "View of the effects: evidence (as in every other table), sceptical (each programme may do nothing) or "
            "enthusiast (each prevents about a quarter); elicited, not found",
        ),
    },
    "value_judgements": {
        "judgement": (
            "",
            "What is judged otherwise: unweighted (nothing, as in every other table), qaly_value, equity_weight or "
            "public_funds",
        ),
        "value": (
            "",
            "Row of judgements.csv: a named value of a QALY, the elasticity of equity weights, or what one unit of "
            "public money costs society; weights are within countries, never across",
        ),
    },
    "by_country": {
        "country": (
            "",
            "ISO 3166 alpha-3 code, in the order of the alphabet. The table shows where a total comes from; it is not "
            "for comparing countries with one another",
        ),
        **{
            name: (
                "unit of the row",
                f"{meaning}. Means of money and children add up to the headline; intervals and ratios do not",
            )
            for name, (_, meaning) in STATISTICS.items()
        },
    },
    "delay": {
        "years": ("years", "By how much later the option starts; it ends on the same date"),
        "quantity": ("", "cost_of_delay, or price_of_waiting: each day of a delay of one year"),
    },
    "payback": {
        **{
            name: (
                "unit of the row",
                f"Net benefit cumulated to the year, present value, societal. {meaning}",
            )
            for name, (_, meaning) in STATISTICS.items()
        },
        "payback_year": (
            "year",
            "Year from which the mean cumulated net benefit stays at or above zero; empty if it never does",
        ),
        "break_even_year": (
            "year",
            "Year from which the mean net benefit of the single year stays at or above zero; empty if it never does",
        ),
    },
    "ministries": {
        "perspective": (
            "",
            "ministry (one public payer), fiscal (all government) or societal (society, transfers left out)",
        ),
        "ministry": (
            "",
            "Public payer; ministry not named: the public part of programmes that business or households pay; all "
            "government: the fiscal view of the headline; society: the societal one",
        ),
        "quantity": (
            "",
            "Present value against the comparator, trafficking only. saved: what the body bears less of the burden; "
            "outlay: what it pays for programmes (of society, their resource cost); net_saving: the first less the "
            "second; probability_net_saving_positive: share of draws in which it is above zero",
        ),
    },
    "budget_by_ministry": {
        "ministry": ("", "Public payer, as in the table ministries; all government: their sum"),
        "flow": (
            "",
            "saved (cost that falls on the body less than under the comparator, on past and current victims alike), "
            "outlay (what it pays for programmes beyond the comparator) or net, the first less the second",
        ),
        **{
            name: ("unit of the row", f"Not discounted, in prices of the price year. {meaning}")
            for name, (_, meaning) in STATISTICS.items()
        },
        "inflation": (
            "1/year",
            "Rate at which the currency is taken to lose value from the price year on: a judgement",
        ),
        "nominal_mean": (
            "currency of the year",
            "Mean in money of the year: times (1 + inflation)^(year - price year)",
        ),
        "share_of_gdp": ("share", "Mean over the GDP of the year, a population that stays as it is"),
        "share_of_central_expense": (
            "share",
            "Mean over the expense of central governments, their latest share of GDP held; empty where no figure is "
            "published for a country of the run",
        ),
    },
    "cost_by_year": {
        **{
            name: (
                "unit of the row",
                "Cost that falls in the year on past and current victims, not discounted; programmes of options are "
                f"no part of it. {meaning}",
            )
            for name, (_, meaning) in STATISTICS.items()
        },
    },
    "acceptability": {
        "qaly_multiple": (
            "ratio",
            "Multiple of the value of a QALY, and of the value of a DALY of other violence; 1 is that of every other "
            "table",
        ),
        "quantity": (
            "",
            "Societal, headline preset, of every option and the comparator. probability_best: share of draws with the "
            "highest net benefit, a tie with the comparator counted for the comparator, other ties split; "
            "expected_loss: mean loss against the best option of each draw, whose least over the options is the "
            "expected value of perfect information on this choice; net_benefit: against the comparator",
        ),
    },
    "public_funds": {
        "quantity": (
            "",
            "willingness_to_pay (what victims and households gain), net_public_cost (outlay less services saved, "
            "tax gained and what programmes save on what they replace), or mvpf: mean of the first over mean of the "
            "second, inf if an option pays for itself",
        ),
    },
    "budget_impact": {
        "payer": (
            "",
            "Public budget; programmes of the option: their gross outlay; saved by programmes: what they save on what "
            "they replace, by the budget that pays for it, below zero. All rows of an option and year add up to its "
            "net impact",
        ),
    },
    "victims": {
        "quantity": ("", "new_victims [children/year], registered [children/year] or stock [children]"),
        **{name: ("children, or children/year", meaning) for name, (_, meaning) in STATISTICS.items()},
    },
    "victim_groups": {
        "country": ("", "ISO 3166 alpha-3 code; all: the countries of the run together"),
        "quantity": ("", "new_victims or stock, under the comparator in the first year"),
        "form": ("", "Form of exploitation: sexual, labour, other; all: their sum"),
        "age": (
            "years",
            "Age band, at entry for new_victims; its split is elicited, not measured; all: their sum",
        ),
        "sex": (
            "",
            "female or male; the split is that of registered children, of the region where the country has no "
            "counts by sex; all: their sum",
        ),
        **{name: ("children, or children/year", meaning) for name, (_, meaning) in STATISTICS.items()},
    },
    "learning": {
        "prior_sd": ("log", "Standard deviation before the evidence"),
        "posterior_sd": ("log", "Standard deviation after the evidence"),
    },
    "break_even": {
        "quantity": ("", "What is changed: incidence_per_100k, effect_multiplier or unit_cost_multiplier"),
        "value": ("unit of the quantity", "Value at which mean net benefit is zero; empty if there is none"),
        "repays": (
            "",
            "Where the option repays its cost on average: from the value up; up to it (it averts less than nothing and "
            "saves more than it costs); always, at any value of the quantity; never, at none",
        ),
        "current": ("unit of the quantity", "Value the model assumes or estimates"),
        "probability": ("share of draws", "Probability that the option repays its cost"),
    },
    "net_benefit_draws": {
        "bin_low": ("currency of the run", "Lower end of a bin of net benefit"),
        "bin_high": ("currency of the run", "Upper end of the bin"),
        "share": ("share of draws", "Draws in the bin"),
    },
    "programmes": {
        "programme": ("", "Id of the programme in the evidence or, of one's own, in the scenario"),
        "name": ("", "Name of the programme"),
        "target_group": ("", "Group of children it reaches; programmes of one group overlap"),
        "coverage_end": (
            "share of the group",
            "Coverage in the last year, beyond what is provided today; the mean over draws where money is given",
        ),
        "reached_end": (
            "children",
            "Children whom it reaches in the last year, beyond those reached today; mean over draws, all countries",
        ),
        "acts_on": ("", "incidence, duration, severity, revictimisation or detection"),
        **{
            name: (
                "currency of the run",
                f"Present value of spend, transfers included, headline preset. {meaning}",
            )
            for name, (_, meaning) in STATISTICS.items()
        },
        "rr_low": ("ratio", "Relative risk among those reached, 5% quantile of the prior"),
        "rr_mid": ("ratio", "Median of the prior; 1 is no effect"),
        "rr_high": ("ratio", "95% quantile of the prior; above 1 is harm"),
        "basis": (
            "",
            "trial: transferred from a trial of another outcome; elicited: a judgement; own: stated in the scenario",
        ),
        "sentence": ("", "What the effect rests on"),
    },
    "delivery": {
        "programme": ("", "Id of a programme that is given money, or has a fixed cost"),
        "quantity": (
            "",
            "asked (what the lever gives), absorbed (what its growth lets through), fixed_cost, spend (gross, with the "
            "fixed cost; no more than can reach somebody), or coverage [share of the group]; in constant prices",
        ),
    },
    "holdout": {
        "id": ("", "Id of the anchor in the evidence"),
        "study": ("", "Study it belongs to"),
        "unit": ("", "Unit of the printed value and of its prediction"),
        "printed": ("unit of the row", "Value the source prints"),
        "low": ("unit of the row", "5% quantile of the prediction"),
        "mid": ("unit of the row", "Median of the prediction"),
        "high": ("unit of the row", "95% quantile of the prediction"),
        "currency": ("", "Currency of the printed value"),
        "price_year": ("year", "Year of its prices"),
        "width_factor": (
            "ratio",
            "Square root of high over low: the interval is the middle times and over this",
        ),
        "log_score": (
            "log",
            "Log density that the model gave to the log of the printed value; higher is better",
        ),
        "null_log_score": (
            "log",
            "The same for the pooled multiple of the studies that train; blank for a ratio",
        ),
        "z": (
            "standard deviations",
            "Printed value less the prediction, on the log scale, over the predictive sd",
        ),
        "inside": ("", "Whether the printed value lies inside the 90% interval"),
    },
    "bounds": {
        "bound": ("", "Id of the anchor that bounds from one side"),
        "level": ("", "Quantile of the posterior"),
        "with_bound": ("share of world GDP", "Quantile with the bound in the fit"),
        "without_bound": ("share of world GDP", "The same without it, by weighting the draws"),
    },
    "diagnostics": {
        "submodel": ("", "Sub-model, fitted on its own"),
        "parameters": ("count", "Parameters sampled"),
        "rhat_max": ("ratio", "Largest R-hat; 1.01 or less is wanted"),
        "ess_bulk_min": ("draws", "Least effective sample size in the bulk; 400 or more is wanted"),
        "ess_tail_min": ("draws", "Least effective sample size in the tails; 400 or more is wanted"),
        "divergences": ("count", "Divergent transitions; none is wanted"),
        "non_finite": ("draws", "Draws that are missing or infinite; none is wanted"),
        "draws": ("count", "Draws kept, all chains"),
        "seconds": ("s", "Time of sampling"),
    },
    "parameters": {
        "parameter": ("", "Key of a parameter that the headline rests on, and of its draws in results.nc"),
        "group": ("", "What kind of thing it is: new victims, cost of a victim, effects, ..."),
        "label": ("", "What it is, in words"),
        "submodel": ("", "Part of the model it comes from"),
        "kind": ("", "What kind of evidence informs it most; a judgement is none"),
        "sources": ("", "Keys of its sources; assumption: a judgement, with its reason in parameter_sources"),
    },
    "parameter_sources": {
        "parameter": ("", "Key of the parameter that rests on the row"),
        "source": ("", "Key of the source in references.bib, or assumption"),
        "locator": ("", "Where in the source: page, table, abstract"),
        "table": ("", "Table of the evidence"),
        "row": ("", "Row of that table; of victims, the country"),
        "status": ("", "verified, second-hand, derived or elicited"),
        "grade": ("", "Grade of the evidence, where rows are graded"),
        "says": ("", "What the source says, or the reason of a judgement"),
        "term": ("", "Its log likelihood in results.nc; empty where no likelihood holds it"),
        "reference": ("", "Reference in words"),
    },
    "sources": {
        "key": ("", "Key of the source in references.bib"),
        "used_by": ("", "What it was used for"),
        "reference": ("", "Reference"),
    },
}
UNDESCRIBED = "not described"


def columns_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """List every column of every table with its unit and meaning.

    Args:
        tables: Tables of a run by name.

    Returns:
        Columns table, column, unit, meaning; a column nobody has described says so.

    Example:
        >>> columns_table({"victims": pd.DataFrame({"year": [2026]})}).to_dict("records")
        [{'table': 'victims', 'column': 'year', 'unit': 'year', 'meaning': 'Calendar year'}]
    """
    found = []
    for table, data in tables.items():
        known = {**SHARED, **OWN.get(table, {})}
        for column in data.columns:
            unit, meaning = known.get(str(column), ("", UNDESCRIBED))
            found.append({"table": table, "column": str(column), "unit": unit, "meaning": meaning})
    return pd.DataFrame(found, columns=["table", "column", "unit", "meaning"])
