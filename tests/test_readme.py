"""Every command of the README does what it says, in the order of the page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    """The fenced blocks of the README in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def _commands() -> list[str]:
    """The commands of the README: `make run` by its parts, without `make test`, which is what runs now."""
    typed = [
        line.removeprefix("$ ")
        for block in _blocks("console")
        for line in block.splitlines()
        if line[:2] == "$ "
    ]
    assert typed[:2] == ["make run", "make test"]
    recipe = re.search(r"^run:.*\n((?:\t.+\n)+)", MAKEFILE, flags=re.MULTILINE)
    assert recipe is not None
    return [line.strip() for line in recipe[1].splitlines()] + typed[2:]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout with its environment, where results can be left behind."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "scenarios").symlink_to(ROOT / "scenarios")
    (folder / "costmodel" / "evidence").mkdir(parents=True)
    (folder / "costmodel" / "evidence" / "data").symlink_to(ROOT / "costmodel" / "evidence" / "data")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    return folder


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader does, and keep what it says."""
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)


@pytest.mark.usefixtures("fitted")
def test_every_command_of_the_readme_runs(checkout: Path) -> None:
    """The fit is there when they start, as it is for a reader after the first command."""
    for command in _commands():
        done = _run(["bash", "-c", command], checkout)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (checkout / "out" / "eu27" / "briefing.html").is_file()


@pytest.mark.usefixtures("fitted")
def test_the_python_of_the_readme_runs(checkout: Path) -> None:
    """What the page shows to those who do not use the command line."""
    (code,) = _blocks("python")
    done = _run([sys.executable, "-c", code], checkout)
    assert done.returncode == 0, done.stderr


def test_no_command_stands_outside_the_blocks_that_are_run() -> None:
    """A command in a block of another kind, or without its prompt, would not be run by these tests."""
    fences = re.findall(r"^```(\w*)$", TEXT, flags=re.MULTILINE)
    assert set(fences) == {"console", "python", ""}  # "" closes a block
    assert len(fences) % 2 == 0
    assert all(line[:2] == "$ " for block in _blocks("console") for line in block.splitlines())


def test_every_page_the_readme_points_to_exists() -> None:
    """A link to a page that was moved is found here, not by a reader."""
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_paragraph_says_what_nobody_has_measured() -> None:
    """Who reads one paragraph must know that no published unit cost is of trafficked children."""
    first = TEXT.split("\n\n")[1]
    assert "unit cost" in first
    assert "trafficked children" in first
    assert re.search(r"\b(no|nobody)\b", first, flags=re.IGNORECASE)
