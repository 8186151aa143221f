"""Draws as plain arrays, in one order of chains and draws everywhere; and which victims they are draws of."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel.errors import ModelError

#: Which victims are meant (MODEL.md, top): what is fitted and costed, and what is neither.
ESTIMANDS = {
    "A": "new child victims a year who meet the national definition of a presumed victim",
    "B": "a stock of people in modern slavery",
    "C": "people who report exploitation in a survey",
}
DEFAULT_ESTIMAND = "A"
#: Quantities whose own label is read as well as that of the data set.
LABELLED = ("log_incidence", "log_detection", "log_unit_cost")


def flat(draws: xr.Dataset, name: str, **where: str) -> NDArray[np.float64]:
    """One quantity over all chains in order, dims (draw, ...).

    Args:
        draws: Dims (chain, draw, ...) in any order.
        name: The quantity.
        where: Labels to select, by dim.

    Returns:
        Chains one after the other, then what dims are left [unit of the quantity].
    """
    array = (draws[name].sel(where) if where else draws[name]).transpose("chain", "draw", ...)
    return np.asarray(array.to_numpy().reshape(-1, *array.shape[2:]), dtype=float)


def estimand_of(draws: xr.Dataset) -> str:
    """The estimand that draws are labelled with, in their attributes or in those of what is multiplied; A if in none.

    Args:
        draws: Attribute `estimand` of the data set or of `log_incidence`, `log_detection` or `log_unit_cost`.

    Returns:
        A, or the first other label.

    Example:
        >>> estimand_of(xr.Dataset()), estimand_of(xr.Dataset(attrs={"estimand": "B"}))
        ('A', 'B')
    """
    labels = [draws.attrs, *(draws[name].attrs for name in LABELLED if name in draws)]
    found = [str(label["estimand"]) for label in labels if "estimand" in label]
    return next((label for label in found if label != DEFAULT_ESTIMAND), DEFAULT_ESTIMAND)


def check_estimand(draws: xr.Dataset, *, known_only: bool = False) -> None:
    """Refuse to multiply unit costs of registered victims by anything else than estimand A.

    Args:
        draws: Draws with their label.
        known_only: Refuse labels that are none, and nothing else: draws of B and C may be looked at.

    Raises:
        ModelError: If the label is another, or unknown.
    """
    found = estimand_of(draws)
    if found not in ESTIMANDS:
        raise ModelError(
            f"draws: unknown estimand {found!r}; write {', '.join(ESTIMANDS)} (MODEL.md says what each is)"
        )
    if found != DEFAULT_ESTIMAND and not known_only:
        raise ModelError(
            f"draws: these are of estimand {found} ({ESTIMANDS[found]}), and unit costs of registered victims multiply "
            f"estimand A only ({ESTIMANDS['A']}); bring log_incidence of A, or count with these draws and cost nothing"
        )
