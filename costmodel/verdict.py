"""What a run says in words: what the decision depends on, which options often lose, how precise a mean is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from costmodel.appraisal import SOCIETAL, TRAFFICKING
from costmodel.readings import ENTHUSIAST, EVIDENCE, READINGS, SCEPTICAL
from costmodel.summary import Estimate, draws_needed, percent, printed, relative_error
from costmodel.summary.draws import PRECISION

READING_WORDS = {EVIDENCE: "evidence-based", SCEPTICAL: "sceptical", ENTHUSIAST: "enthusiast"}
#: An option that loses this often is said to, plainly.
LOSING_SHARE = 1 / 3
#: A mean within this many Monte Carlo errors of zero has no sign.
ERRORS = 2.0
VALUATION_WORDS = {
    "estimate": "this model's estimate",
    "one_gdp": "one GDP per capita",
    "green_book": "the multiple of the Green Book",
    "statistical_life": "the value of a statistical life",
}
#: Draws a chain are told in steps of this many.
ROUND = 100
SIGN_WORDS = {1: "above zero", 0: "about zero", -1: "below zero"}


def decision(
    table: pd.DataFrame, *, titles: Mapping[str, str], discount: str, scope: str = TRAFFICKING
) -> str:
    """Say whether the best option, or the sign of an expected net benefit, changes with the reading of the effects.

    Args:
        table: The table of readings of a run.
        titles: Titles by key of the options that are compared with the comparator.
        discount: Preset of the headline.
        scope: trafficking or all_violence.

    Returns:
        One sentence; a mean within two Monte Carlo errors of zero is "about zero".
    """
    net = table[(table["quantity"] == "net_benefit") & (table["perspective"] == SOCIETAL)]
    net = net[(net["discount"] == discount) & (net["scope"] == scope) & net["option"].isin([*titles])]
    means = net.pivot_table(index="option", columns="reading", values="mean", sort=False)[[*READINGS]]
    errors = net.pivot_table(index="option", columns="reading", values="mcse", sort=False)[[*READINGS]]
    signs = {
        option: tuple(_sign(means.at[option, one], errors.at[option, one]) for one in READINGS)
        for option in means.index
    }
    best = [str(means[one].idxmax()) for one in READINGS]
    moved = {titles[option]: words for option, words in signs.items() if len(set(words)) > 1}
    if len(set(best)) > 1 or moved:
        said = [
            _best(best, titles),
            *(f"the expected net benefit of “{k}” is {_by(v)}" for k, v in moved.items()),
        ]
        return f"The decision changes with the reading of the effects: {'; '.join(part for part in said if part)}."
    return _unchanged(titles[best[0]], signs[best[0]][0], alone=len(titles) == 1)


def _sign(mean: float, mcse: float) -> int:
    """1 or -1, and 0 where the Monte Carlo error hides it."""
    return 0 if abs(mean) <= ERRORS * mcse else (1 if mean > 0 else -1)


def _best(best: Sequence[str], titles: Mapping[str, str]) -> str:
    """Name the option with the largest expected net benefit under each reading; nothing of a lone option."""
    if len(titles) == 1:
        return ""
    if len(set(best)) == 1:
        return f"“{titles[best[0]]}” has the largest expected net benefit under all three"
    groups = {
        option: [one for one, found in zip(READINGS, best, strict=True) if found == option] for option in best
    }
    said = (f"that of “{titles[option]}” under the {_named(seen)}" for option, seen in groups.items())
    return f"the largest expected net benefit is {', '.join(said)}"


def _by(signs: Sequence[int]) -> str:
    """Say a sign by the readings under which it holds."""
    groups = {
        sign: [one for one, found in zip(READINGS, signs, strict=True) if found == sign] for sign in signs
    }
    return ", ".join(f"{SIGN_WORDS[sign]} under the {_named(seen)}" for sign, seen in groups.items())


def _named(readings: Sequence[str]) -> str:
    """Name one or more readings."""
    words = " and the ".join(READING_WORDS[one] for one in readings)
    return f"{words} reading{'s' if len(readings) > 1 else ''}"


def _unchanged(best: str, sign: int, *, alone: bool) -> str:
    """Say the decision that all readings share."""
    which = (
        f"the expected net benefit of “{best}” is"
        if alone
        else (f"“{best}” has the largest expected net benefit, which is")
    )
    return (
        "The decision is the same under all three readings of the effects (evidence-based, sceptical, enthusiast): "
        f"{which} {SIGN_WORDS[sign]}."
    )


def judged(table: pd.DataFrame, *, titles: Mapping[str, str]) -> str:
    """Say which value judgements change the best option, or the sign of an expected net benefit.

    Args:
        table: The table of value judgements of a run, the unweighted line first.
        titles: Titles by key of the options that are compared with the comparator.

    Returns:
        One sentence, empty if none does; a mean within two Monte Carlo errors of zero is "about zero".
    """
    net = table[(table["quantity"] == "net_benefit") & table["option"].isin([*titles])]
    means, errors = (
        net.pivot_table(index="option", columns=["judgement", "value"], values=name, sort=False)
        for name in ("mean", "mcse")
    )
    said = []
    usual, *others = means.columns
    best = {case: str(means[case].idxmax()) for case in means.columns}
    for option in means.index if len(means) > 1 else ():
        seen = [judgement_words(*case) for case in others if best[case] == option != best[usual]]
        if seen:
            said.append(f"the largest expected net benefit is that of “{titles[option]}” with {_or(seen)}")
    for option in means.index:
        signs = {case: _sign(means.at[option, case], errors.at[option, case]) for case in means.columns}
        moved = [
            f"{SIGN_WORDS[sign]} with {_or([judgement_words(*case) for case in others if signs[case] == sign])}"
            for sign in sorted({*signs.values()} - {signs[usual]})
        ]
        if moved:
            usually = SIGN_WORDS[signs[usual]]
            said.append(
                f"the expected net benefit of “{titles[option]}”, else {usually}, is {' and '.join(moved)}"
            )
    return f"The decision depends on value judgements: {'; '.join(said)}." if said else ""


def judgement_words(judgement: str, value: str) -> str:
    """Name one value judgement.

    Example:
        >>> judgement_words("equity_weight", "1.3")
        'equity weights of elasticity 1.3'
    """
    if judgement == "qaly_value":
        return f"a QALY valued by {VALUATION_WORDS.get(value, value.replace('_', ' '))}"
    known = {
        "equity_weight": f"equity weights of elasticity {value}",
        "public_funds": f"public money that costs society {value} for one",
    }
    return known.get(judgement, "no weights")


def _or(words: Sequence[str]) -> str:
    """Join with commas and an "or"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def losing(table: pd.DataFrame, *, titles: Mapping[str, str], discount: str) -> str:
    """Name the options that cost society more than they save in a third of the draws or more, trafficking only.

    Args:
        table: The headline table of a run.
        titles: Titles by key of the options that are compared with the comparator.
        discount: Preset of the headline.

    Returns:
        One sentence, empty if there is no such option; an option that changes and costs nothing loses nothing.
    """
    kept = table[(table["discount"] == discount) & (table["perspective"] == SOCIETAL)]
    kept = kept[(kept["scope"] == TRAFFICKING) & kept["option"].isin([*titles])]
    gains = kept[kept["quantity"] == "probability_net_benefit_positive"].set_index("option")
    net = kept[kept["quantity"] == "net_benefit"].set_index("option")
    said = [
        f"“{titles[str(option)]}” ({percent(1 - row.mean, row.mcse)})"
        for option, row in zip(
            gains.index, gains[["mean", "mcse"]].itertuples(index=False, name="Row"), strict=True
        )
        if 1 - row.mean >= LOSING_SHARE and not net.at[option, "low"] == net.at[option, "high"] == 0
    ]
    if not said:
        return ""
    return f"{', '.join(said)}: in a third of the draws or more the option costs society more than it saves"


def precision(burden: Estimate, *, n_draws: int, n_chains: int, fitted: int) -> str:
    r"""Say how well the draws fix the mean burden, and how many of them fix it to 1% (MODEL.md eq. 38e).

    Args:
        burden: Of the comparator, in the headline preset.
        n_draws: Draws used, over all chains.
        n_chains: Chains.
        fitted: Draws that the fit keeps, over all chains.

    Returns:
        One sentence, with the command that makes a fit of that many draws, unless the run left out some of those that
        there are; empty where nothing can be said.

    Example:
        >>> said = precision(Estimate(100.0, 10.0, 80.0, 300.0, 1.0), n_draws=8000, n_chains=4, fitted=8000)
        >>> print(said.replace("; ", ";\n"))
        The mean burden is known to within ±2% of Monte Carlo error;
        ±1% needs about 31,000 draws: costmodel fit --draws 7700
    """
    needed = draws_needed(burden.mean, burden.mcse, n_draws=n_draws)
    if needed is None:
        return ""
    share = relative_error(burden.mean, burden.mcse)
    known = f"The mean burden is known to within ±{100 * share:.2g}% of Monte Carlo error"
    if share <= PRECISION:
        return known
    about = f"±{100 * PRECISION:g}% needs about {printed(needed, 0, digits=2)} draws"
    if n_draws < fitted:  # draws of a chain hang together, so that those between count for less
        return (
            f"{known}; {about} as far apart as the {n_draws:,} used of {fitted:,}: run without --draws first"
        )
    a_chain = math.ceil(needed / n_chains / ROUND) * ROUND
    return f"{known}; {about}: costmodel fit --draws {a_chain}"
