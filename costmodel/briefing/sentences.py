"""The answer in sentences: conditional, with its interval, and with how often it would be wrong."""

from __future__ import annotations

import pandas as pd

from costmodel.briefing.meta import Meta
from costmodel.briefing.select import SCOPE_WORDS, chance_of_loss, headline
from costmodel.summary import central, percent, spoken, stated
from costmodel.verdict import LOSING_SHARE, decision

Tables = dict[str, pd.DataFrame]

#: Share of draws from which a loss is told as almost certain.
NEARLY_ALWAYS = 0.99


def question(meta: Meta) -> str:
    """Ask what the run answers.

    Args:
        meta: Describes the run.

    Returns:
        One sentence.
    """
    n = len(meta.alternatives)
    options = "the option below" if n == 1 else f"one of the {n} options below"
    return (
        f"{meta.place[:1].upper()}{meta.place[1:]}, {meta.start} to {meta.end}: what would society lose by "
        f"choosing “{meta.options[meta.comparator]}” against child trafficking instead of {options}?"
    )


def best_option(tables: Tables, meta: Meta) -> str:
    """Find the option with the largest expected net benefit to society, child trafficking only.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        Its key; the first listed wins a tie.
    """
    found = {key: headline(tables, meta, option=key, quantity="net_benefit") for key in meta.alternatives}
    return max(found, key=lambda key: found[key].mean if found[key] else float("-inf"))  # type: ignore[union-attr]


def answer(tables: Tables, meta: Meta) -> list[str]:
    """Answer the question for the option with the largest expected net benefit.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The answer in one sentence; then how the option was chosen; then other violence, if the tables hold
        it.
    """
    key = best_option(tables, meta)
    net = headline(tables, meta, option=key, quantity="net_benefit")
    pays = net is not None and net.mean > 0
    return [
        _main_sentence(tables, meta, key),
        *(
            []
            if pays
            else ["Counting child trafficking only, no option compared is expected to repay its cost."]
        ),
        *_choice_sentence(meta, pays=pays),
        *_basis_sentences(tables, meta, key),
        *_violence_sentence(tables, meta, key),
        *_other_best_sentence(tables, meta, key),
    ]


def option_lines(tables: Tables, meta: Meta) -> list[str]:
    """Say of each option what not taking it loses, what it costs, and how often it loses.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One line an option, in the order of the scenario.
    """
    lines = []
    for key, title in meta.alternatives.items():
        avoided, spend, net = (
            headline(tables, meta, option=key, quantity=quantity)
            for quantity in ("cost_of_inaction", "spend", "net_benefit")
        )
        if not (avoided and spend and net):
            continue
        lost, error = chance_of_loss(tables, meta, option=key)
        offset = headline(tables, meta, option=key, quantity="offset")
        saved = f"; saved on what it replaces {central(offset, meta.currency)}" if offset else ""
        lines.append(
            f"{title}: cost of inaction {stated(avoided, meta.currency)}; cost of the option "
            f"{central(spend, meta.currency)}{saved}; it loses in {percent(lost, error)} of draws."
        )
    return lines


def losses(tables: Tables, meta: Meta) -> list[str]:
    """Name plainly the options that lose in a third or more of the draws.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One sentence for each such option; none if there is none.
    """
    sentences = []
    for key, title in meta.alternatives.items():
        lost, error = chance_of_loss(tables, meta, option=key)
        if lost >= LOSING_SHARE:
            size = "more than half" if lost > 1 / 2 else "a third or more"
            verdict = "it almost certainly does" if lost > NEARLY_ALWAYS else "it may well"
            sentences.append(
                f"“{title}” costs society more than it saves in {size} of the draws "
                f"({percent(lost, error)}), counting child trafficking only. On this evidence {verdict} "
                "not repay its cost."
            )
    return sentences


def readings(tables: Tables, meta: Meta) -> list[str]:
    """Say whether the decision depends on the reading of the effects, without and with other violence averted.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One sentence a scope.
    """
    return [
        f"{words}. {decision(tables['readings'], titles=meta.alternatives, discount=meta.discount, scope=scope)}"
        for scope, words in SCOPE_WORDS.items()
    ]


def _main_sentence(tables: Tables, meta: Meta, key: str) -> str:
    """Say what not taking one option loses, whether that is more than it costs, and how often it isn't."""
    avoided = headline(tables, meta, option=key, quantity="cost_of_inaction")
    net = headline(tables, meta, option=key, quantity="net_benefit")
    if not (avoided and net):
        return "The tables of this run hold no cost of inaction for the headline preset."
    lost, error = chance_of_loss(tables, meta, option=key)
    saves = headline(tables, meta, option=key, quantity="offset") is not None
    saved = " net of what it saves on what it replaces" if saves else ""
    gap = spoken(abs(net.mean), meta.currency, mcse=net.mcse)
    return (
        "If the evidence and the assumptions below hold, society's expected loss from not taking "
        f"“{meta.options[key]}” from {meta.start} to {meta.end} is {stated(avoided, meta.currency)}, {gap} "
        f"{'more' if net.mean > 0 else 'less'} than the option itself costs{saved}; in {percent(lost, error)} of "
        "draws the option costs more than it saves."
    )


def _choice_sentence(meta: Meta, *, pays: bool) -> list[str]:
    """Say why this option is the one of the answer."""
    n = len(meta.alternatives)
    if n == 1:
        return []
    if pays:
        return [f"It has the largest expected net benefit of the {n} options compared."]
    return [f"Of the {n} options compared it is the one expected to lose least; that is no recommendation."]


def _basis_sentences(tables: Tables, meta: Meta, key: str) -> list[str]:
    """Say where an option averts no victims, where all its effects are judgements, and which are the author's."""
    said = []
    averted = headline(tables, meta, option=key, quantity="victims_averted")
    if averted is not None and averted.low == averted.high == 0:
        said.append("It averts no new victims: it acts on what follows for children who were found.")
    said += saving_sentence(tables, meta, key)
    programmes = tables.get("programmes", pd.DataFrame({"option": [], "basis": []}))
    chosen = programmes[programmes["option"] == key]
    if len(chosen) and (chosen["basis"] == "elicited").all():
        said.append("The effect of each of its programmes is elicited: a judgement, not a finding.")
    own = chosen.loc[chosen["basis"] == "own", "name"].tolist() if len(chosen) else []
    if own:
        said.append(
            f"The cost and effect of {' and '.join(own)} are stated by the scenario's author; the evidence of this "
            "package holds no such programme."
        )
    return said


def saving_sentence(tables: Tables, meta: Meta, key: str) -> list[str]:
    """Say where an option repays its cost by what it saves, alone or together with what it averts.

    Args:
        tables: Tables of the run.
        meta: Describes the run.
        key: Key of the option.

    Returns:
        One sentence; none where nothing is saved, or where it changes no sign.
    """
    offset, net_spend, net = (
        headline(tables, meta, option=key, quantity=quantity)
        for quantity in ("offset", "net_spend", "net_benefit")
    )
    if offset is None or net_spend is None or net is None or not net.mean > 0 >= net.mean - offset.mean:
        return []
    saved = f"the {central(offset, meta.currency)} that it saves on what it replaces"
    if net_spend.mean <= 0:
        return [
            f"It repays its cost by {saved}, whether or not it averts any trafficking; by what it averts alone it is "
            "not expected to."
        ]
    return [
        f"It repays its cost only by {saved} and what it averts together; by neither alone is it expected to."
    ]


def _other_best_sentence(tables: Tables, meta: Meta, key: str) -> list[str]:
    """Name the option that does best when other violence is counted, where it is another one."""
    scope = "all_violence"
    found = {
        other: headline(tables, meta, option=other, quantity="net_benefit", scope=scope)
        for other in meta.alternatives
    }
    known = {other: net for other, net in found.items() if net is not None}
    if not known:
        return []
    best = max(known, key=lambda other: known[other].mean)
    if best == key:
        return []
    lost, error = chance_of_loss(tables, meta, option=best, scope=scope)
    return [
        f"On that second line “{meta.options[best]}” has the largest expected net benefit, "
        f"{stated(known[best], meta.currency)}; it loses in {percent(lost, error)} of draws."
    ]


def _violence_sentence(tables: Tables, meta: Meta, key: str) -> list[str]:
    """Say what changes if other violence averted is counted too."""
    scope = "all_violence"
    avoided = headline(tables, meta, option=key, quantity="cost_of_inaction", scope=scope)
    if not avoided:
        return []
    lost, error = chance_of_loss(tables, meta, option=key, scope=scope)
    return [
        "Counting as well the other violence against children that the same option would avert, a second "
        f"line and not part of the first, the expected loss would be {stated(avoided, meta.currency)}, and "
        f"the option would lose in {percent(lost, error)} of draws."
    ]


def bound(tables: Tables) -> str:
    """Say how far the quoted upper figure moves the model, or nothing where a run has no such table.

    Args:
        tables: Tables of the run.

    Returns:
        One sentence with the medians with and without the bound [share of world GDP].
    """
    table = tables.get("bounds")
    if table is None or table.empty:
        return ""
    middle = table.set_index("level").loc[0.5]
    return (
        "In this fit the world burden of other violence is "
        f"{100 * middle['with_bound']:.2f}% of GDP a year with that bound and {100 * middle['without_bound']:.2f}% "
        "without it (medians)."
    )
