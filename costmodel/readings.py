"""Three readings of the effects of programmes, side by side in every run (MODEL.md eq. 19b)."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from costmodel.evidence import Evidence
from costmodel.evidence.elicited import draw
from costmodel.evidence.priors import Priors, default_priors
from costmodel.programme_inputs import Programme
from costmodel.randomness import generator

EVIDENCE, SCEPTICAL, ENTHUSIAST = "evidence", "sceptical", "enthusiast"
#: The evidence-based reading is that of every other table; the others stand beside it.
READINGS = (EVIDENCE, SCEPTICAL, ENTHUSIAST)
#: Priors of `priors.csv` that the readings rest on; no sub-model reads them, so a change of one fits nothing anew.
NO_EFFECT, HOPED = "sceptical_no_effect", "enthusiast_log_rr"


def under(option: str, *, reading: str) -> str:
    """Key of an option under a reading; under the evidence-based one its own.

    Example:
        >>> under("protect", reading="evidence"), under("protect", reading="sceptical")
        ('protect', 'protect (sceptical)')
    """
    return option if reading == EVIDENCE else f"{option} ({reading})"


def read_programme(programme: Programme, *, reading: str, priors: Priors, seed: int) -> Programme:
    """A programme as one reading sees it (MODEL.md eq. 19b).

    The sceptic tosses one coin for each programme and draw: where it does nothing, it does nothing to other violence
    either. The enthusiast believes more of what nobody has measured, trafficking, and of other violence what the trial
    found.

    Args:
        programme: As the evidence has it.
        reading: One of `READINGS`.
        priors: Prior records; two hold the numbers of the readings.
        seed: Seed of what is drawn here, keyed by programme.

    Returns:
        The programme with another relative risk, dims (draw,) [1]; its costs and its reach are the same.
    """
    if reading == EVIDENCE:
        return programme
    n_draws = programme.rr.size
    name = f"{programme.id}.{reading}"
    if reading == ENTHUSIAST:
        return dataclasses.replace(
            programme, rr=np.exp(draw(priors[HOPED], name, n_draws=n_draws, seed=seed))
        )
    nothing = generator(seed, name=name).uniform(size=n_draws) < priors[NO_EFFECT].p1
    violence = programme.rr_violence
    return dataclasses.replace(
        programme,
        rr=np.where(nothing, 1.0, programme.rr),
        rr_violence=None if violence is None else np.where(nothing, 1.0, violence),
    )


def read_programmes(
    known: Mapping[str, Programme], *, evidence: Evidence, seed: int
) -> dict[str, dict[str, Programme]]:
    """Every programme under every reading, by reading and id."""
    priors = default_priors(evidence)
    return {
        reading: {
            name: read_programme(programme, reading=reading, priors=priors, seed=seed)
            for name, programme in known.items()
        }
        for reading in READINGS
    }
