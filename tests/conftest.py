"""What several tests share: the evidence, and one fit of the model for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from costmodel.evidence import Evidence, read_evidence

if TYPE_CHECKING:
    from costmodel.model.fit import Posterior

FITS = Path(__file__).parents[1] / ".pytest_cache" / "fits"


@pytest.fixture(scope="session", autouse=True)
def fits_folder() -> Iterator[None]:
    """Keep fits where the next session finds them, and never in the cache of whoever runs the tests.

    A fit is found by the content of what made it, so an old one is never taken for a new one.
    """
    with pytest.MonkeyPatch.context() as patch:
        if "COSTMODEL_CACHE" not in os.environ:
            patch.setenv("COSTMODEL_CACHE", str(FITS))
        yield


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """The evidence that the package ships."""
    return read_evidence()


@pytest.fixture(scope="session")
def fitted(evidence: Evidence, fits_folder: None) -> Posterior:
    """The default fit: minutes the first time, seconds after."""
    from costmodel.model.fit import fit_all  # noqa: PLC0415 (imports PyMC, which most tests do without)

    return fit_all(evidence)
