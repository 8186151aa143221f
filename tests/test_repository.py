"""What the repository promises beside the code: the lock, the versions, the pages, and to be of no place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from datetime import date
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import costmodel

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

EXTRAS = PROJECT["optional-dependencies"]
DECLARED = {
    Requirement(text).name: Requirement(text)
    for texts in (PROJECT["dependencies"], *EXTRAS.values())
    for text in texts
    if not text.startswith("costmodel[")
}
#: Import names that are not those of their distribution, and libraries that come with the one we ask for.
DISTRIBUTIONS = {"markupsafe": "jinja2", "pydantic_core": "pydantic", "pytensor": "pymc", "yaml": "pyyaml"}
#: Files in which binary or generated content stands for itself.
NOT_TEXT = {".nc", ".png"}


def _pages() -> list[Path]:
    """The files of the repository: those that are committed, and those that would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a checkout: only git knows which files are part of the repository")
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return [path for path in paths if path.is_file() and path.suffix not in NOT_TEXT]


def _found(pattern: str) -> list[str]:
    """Places of the repository in which a pattern occurs, each with what occurs there."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in _pages()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if (match := re.search(pattern, line))
    ]


def _pins() -> list[Requirement]:
    """What the lock pins, without the hashes."""
    return [Requirement(line.removesuffix("\\")) for line in LOCK.splitlines() if re.match(r"[a-z0-9]", line)]


def _imported(folder: Path) -> set[str]:
    """Distributions of the libraries that the code in a folder imports, or names in a string (an engine)."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in DECLARED:
                names.add(node.value)
    top = {name.partition(".")[0] for name in names}
    return {DISTRIBUTIONS.get(name, name) for name in top}


def _standard_or_ours(name: str) -> bool:
    """Whether an import is no library: part of Python, of the package, of the tests or of the benchmarks."""
    ours = any((ROOT / folder / f"{name}.py").exists() for folder in ("tests", "benchmarks"))
    return name in sys.stdlib_module_names | {"costmodel"} or ours


def test_the_lock_names_no_place_to_install_from() -> None:
    """It must install from whatever index a machine uses: an address in it would be somebody's own."""
    assert re.findall(r"://|^\s*-[^-]|index|links|file:| @ ", LOCK, flags=re.MULTILINE) == []


def test_the_lock_pins_one_file_set_for_each_library() -> None:
    """Every entry has one version and the hashes of its files: what is installed is what was tested."""
    entries = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+ ", entry)] == []
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []


def test_the_lock_holds_what_is_asked_for() -> None:
    """A dependency that was added or raised without `make lock` is found here, not on a new machine."""
    pins = {canonicalize_name(pin.name): pin for pin in _pins()}
    assert sorted(set(DECLARED) - set(pins)) == []
    versions = {name: str(pins[name].specifier).removeprefix("==") for name in DECLARED}
    assert [name for name, asked in DECLARED.items() if not asked.specifier.contains(versions[name])] == []


def test_every_lower_bound_has_a_reason() -> None:
    """Without one, nobody knows whether it may be lowered."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    bounds = re.findall(r'^ *(?:requires = \[)?"[a-z0-9-]+>=[\d.]+".*$', text, flags=re.MULTILINE)
    assert len(bounds) == len(DECLARED) + 1  # hatchling stands there twice
    assert [line for line in bounds if not re.search(r"# \w", line)] == []


def test_every_library_that_the_package_imports_is_asked_for() -> None:
    """And nothing is asked for that it does not use: what comes along by chance goes away by chance."""
    used = {name for name in _imported(ROOT / "costmodel") if not _standard_or_ours(name)}
    assert used == {Requirement(text).name for text in PROJECT["dependencies"]}


def test_every_library_that_the_tests_import_is_asked_for() -> None:
    """And the extra for tests holds nothing that no test uses."""
    used = {name for name in _imported(ROOT / "tests") if not _standard_or_ours(name)}
    extra = {Requirement(text).name for text in EXTRAS["test"]} - {"costmodel"}
    assert used >= extra - {"pytest-xdist"}  # which pytest loads by itself
    assert used <= extra | {Requirement(text).name for text in PROJECT["dependencies"]}


def test_every_library_is_justified_in_a_line() -> None:
    """CONTRIBUTING says what each saves whoever installs it."""
    assert sorted(re.findall(r"^- `([a-z0-9-]+)`: \w", CONTRIBUTING, flags=re.MULTILINE)) == sorted(DECLARED)


def test_the_version_is_one() -> None:
    """The code, the installed package, the citation and the newest entry of the changes agree."""
    newest = re.search(r"^## (\S+) \((\S+)\)$", CHANGES, flags=re.MULTILINE)
    assert newest is not None
    versions = {costmodel.__version__, metadata.version("costmodel"), str(CITATION["version"]), newest[1]}
    assert versions == {costmodel.__version__}
    assert CITATION["date-released"] == date.fromisoformat(newest[2])


def test_the_python_to_work_with_is_one_that_is_supported() -> None:
    """`.python-version` and `requires-python` do not contradict each other."""
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def test_every_entry_of_the_changes_opens_with_the_results() -> None:
    """Who uses the numbers must learn first whether they moved."""
    entries = re.split(r"^## ", CHANGES, flags=re.MULTILINE)[1:]
    assert entries
    assert [
        entry for entry in entries if not entry.partition("\n\n")[2].startswith("Results changed: ")
    ] == []


def test_the_citation_can_be_read_by_those_who_cite() -> None:
    """The fields that the format requires, and the licence of the package."""
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["authors"] == [{"name": author["name"]} for author in PROJECT["authors"]]
    assert CITATION["license"] == PROJECT["license"]


def test_the_vision_stays_six_lines() -> None:
    """What it is for and what it will never do; a seventh line is a sign that one of them gave way."""
    lines = (ROOT / "VISION.md").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == 6


def test_every_make_command_on_a_page_is_one() -> None:
    """And the help lists each of them."""
    targets = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == targets
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*.md"))
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", pages)) <= targets


def test_no_page_names_the_place_it_was_written_at() -> None:
    """Neither this folder, nor a home, nor any other place from the root of a file system on."""
    home = re.escape(str(Path.home()))
    assert _found(rf"{re.escape(str(ROOT))}\b|(?<![\w.]){home}/\w|[A-Z]:\\\\?Users") == []
    assert _found(r"(?:^|[\s\"'`(=])/(?!usr/bin/env|path/to/|dev/)[a-z]\w*/[\w.]+") == []


def test_no_page_sends_anyone_to_a_registry() -> None:
    """Where libraries come from is for each machine to know."""
    assert _found(r"py[p]i\.|python[h]osted|index[-_]url|find[-_]links") == []


def test_no_page_leaves_work_undone() -> None:
    """What is missing is named as not modelled on every output, not noted between the lines."""
    assert _found(r"\b(?:TO[D]O|FIX[M]E|X{3})\b") == []
