"""A run folder is there whole or not at all, replaces only its own kind, and its record is JSON."""

import json
import os

import numpy as np
import pytest

from costmodel import record
from costmodel.errors import OutputError


def run_folder(path, *, text="old"):
    """A folder as a run leaves it, with one file of its own."""
    with record.whole_folder(path) as folder:
        record.write_part(text, folder / "tables" / "headline.csv")
        record.write_record({"run_id": "abc"}, folder)
    return path


def left_over(path):
    """What lies beside a folder that should lie alone."""
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def test_a_run_folder_appears_with_everything_in_it(tmp_path):
    out = run_folder(tmp_path / "deep" / "out", text="new")
    assert (out / "tables" / "headline.csv").read_text() == "new"
    assert left_over(out) == []


def test_a_run_folder_is_replaced_whole(tmp_path):
    """A file that the new run does not write must not stay from the old one."""
    out = run_folder(tmp_path / "out")
    (out / "figures").mkdir()
    with record.whole_folder(out) as folder:
        record.write_record({"run_id": "def"}, folder)
    assert [path.name for path in out.iterdir()] == ["record.json"]
    assert left_over(out) == []


@pytest.mark.parametrize("failure", [RuntimeError("disk full"), KeyboardInterrupt()])
def test_a_failure_inside_leaves_the_older_run_as_it_was(tmp_path, failure):
    out = run_folder(tmp_path / "out")
    with pytest.raises(type(failure)), record.whole_folder(out) as folder:
        record.write_part("half", folder / "tables" / "headline.csv")
        raise failure
    assert (out / "tables" / "headline.csv").read_text() == "old"
    assert left_over(out) == []


@pytest.mark.parametrize("failure", [RuntimeError("disk full"), KeyboardInterrupt()])
def test_a_failure_inside_leaves_nothing_where_there_was_nothing(tmp_path, failure):
    out = tmp_path / "out"
    with pytest.raises(type(failure)), record.whole_folder(out) as folder:
        record.write_part("half", folder / "a.txt")
        raise failure
    assert list(tmp_path.iterdir()) == []


def test_the_older_run_comes_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    """Stopped between the two renames, when the old folder has just been moved away."""
    out, real = run_folder(tmp_path / "out"), os.replace
    calls = []

    def stopped_at_the_second(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt), record.whole_folder(out) as folder:
        record.write_record({"run_id": "new"}, folder)
    assert (out / "tables" / "headline.csv").read_text() == "old"
    assert left_over(out) == []


def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError) as refused, record.whole_folder(tmp_path):
        pytest.fail("nothing may be written")
    assert str(refused.value) == (
        f"{tmp_path}: not empty and not a run folder (no record.json of a run), so it is not replaced; "
        "give another folder with --out"
    )
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("text", ['{"artist": "Nina Simone"}', "[1, 2]", "not json", ""])
def test_a_record_json_of_something_else_does_not_make_a_run_folder(tmp_path, text):
    """A music collection may have a record.json too."""
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(OutputError, match="not a run folder"):
        record.check_out(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    out = tmp_path / "out"
    out.write_text("a file")
    with pytest.raises(OutputError, match="is a file; give a folder for the run with --out"):
        record.check_out(out)


def test_an_empty_folder_and_no_folder_may_be_written(tmp_path):
    record.check_out(tmp_path)
    record.check_out(tmp_path / "new")
    assert run_folder(tmp_path / "new").is_dir()


def test_a_record_is_json_whatever_is_in_it(tmp_path):
    """Strict JSON has no NaN and no infinity: both are null; a path is written as it reads."""
    values = {
        "rhat": np.float64("inf"),
        "ess": float("nan"),
        "deep": [{"x": np.nan}],
        "path": tmp_path,
        "n": 3,
    }
    text = record.write_record(values, tmp_path).read_text(encoding="utf-8")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    assert found == {"rhat": None, "ess": None, "deep": [{"x": None}], "path": str(tmp_path), "n": 3}


def test_words_outside_ascii_stay_readable(tmp_path):
    assert "Côte d'Ivoire" in record.write_record({"country": "Côte d'Ivoire"}, tmp_path).read_text(
        encoding="utf-8"
    )


def test_the_id_of_a_run_depends_on_its_parts_and_not_on_their_order():
    assert record.run_id({"a": 1, "b": 2}) == record.run_id({"b": 2, "a": 1})
    assert record.run_id({"a": 1, "b": 2}) != record.run_id({"a": 1, "b": 3})


def test_every_file_has_its_hash(tmp_path):
    """SHA-256 of "abc" begins with ba7816bf (FIPS 180-2, appendix B.1)."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("abc")
    found = record.file_hashes(tmp_path)
    assert {name: value[:8] for name, value in found.items()} == {"tables/a.csv": "ba7816bf"}


def test_versions_name_what_can_change_a_number():
    assert {"costmodel", "python", "numpy", "pymc", "nutpie"} <= set(record.versions())
