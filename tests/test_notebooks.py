"""The notebooks run from top to bottom, on the default fit, and store no output."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from costmodel.model.fit import Posterior

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MOST_SECONDS = 600
#: Lines of a function in a notebook.
LONGEST_DEF = 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(path: Path, fitted: Posterior) -> None:
    """Every cell runs in a fresh kernel, in the notebook's own folder; `fitted` puts the fit into the cache."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=MOST_SECONDS, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    assert all(cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_stores_no_output_and_defines_nothing_long(path: Path) -> None:
    """Outputs go stale and grow the repository; a def of more than five lines belongs in the package."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            defined = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.FunctionDef)]
            assert all(node.end_lineno - node.lineno < LONGEST_DEF for node in defined)
