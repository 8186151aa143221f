"""Who pays: which payers are public budgets, and which ministry pays for a programme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from costmodel.evidence.register import Evidence

#: How the cost of a programme is known, and what its effect rests on, where the scenario's author states it.
OWN = "own"
#: The public part of programmes that business or households pay: the evidence names no ministry for it.
UNNAMED = "ministry not named"


def public_payers(payers: pd.DataFrame, programmes: pd.DataFrame) -> set[str]:
    """Payers that are public budgets: who bears a public component, or pays for a programme that is public in full.

    Args:
        payers: Rows of payers.csv.
        programmes: Rows of programmes.csv, without those that a scenario states.

    Returns:
        Names of payers.
    """
    return {
        *payers.loc[payers["public"] == 1, "payer"],
        *programmes.loc[programmes["public_share"] == 1, "payer"],
    }


def named_payer(payer: str, *, evidence: Evidence) -> str:
    """The payer if it is a public budget, else `UNNAMED`: who pays a public part, or is saved one (MODEL.md eq. 41b).

    Args:
        payer: As in payers.csv, programmes.csv or offsets.csv.
        evidence: Programmes and payers.

    Returns:
        Name of a public budget.
    """
    rows = evidence.programmes
    known = public_payers(evidence.payers, rows[rows["cost_status"] != OWN])
    return payer if payer in known else UNNAMED


def ministry_of(programme: str, *, country: str, evidence: Evidence) -> tuple[str, float]:
    """The ministry that pays the public part of a programme, and that part (MODEL.md eq. 41b).

    Args:
        programme: Id in programmes.csv, or of one's own.
        country: ISO3 code; its income group picks the row.
        evidence: Programmes, payers and countries.

    Returns:
        The payer if it is a public budget, else `UNNAMED`; and the share of the cost that is public [share].

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> ministry_of("deterrence_messages", country="NLD", evidence=read_evidence())
        ('ministry not named', 0.2)
    """
    rows = evidence.programmes
    group = evidence.countries.at[country, "income_group"]
    row = rows[(rows["id"] == programme) & (rows["income_group"] == group)].iloc[0]
    return named_payer(str(row["payer"]), evidence=evidence), float(row["public_share"])
