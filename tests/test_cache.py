"""A fit is found by the content of what made it: any change that could move a number gives another key."""

import dataclasses
import importlib.util
import inspect
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tiny_fit import build_tiny, tiny_tree

from costmodel.model import cache, fit
from costmodel.model.cache import TABLES
from costmodel.model.fit import Settings
from costmodel.model.joint import BUILDERS
from costmodel.model.priors import default_priors


@pytest.fixture(scope="module")
def priors(evidence):
    return default_priors(evidence)


def keys(evidence, priors, settings=None):
    chosen = settings or Settings()
    return {name: cache.key(name, build, evidence, priors, chosen) for name, build in BUILDERS.items()}


def changed(before, after):
    """Sub-models that would be fitted again."""
    return {name for name in before if before[name] != after[name]}


def with_cell(evidence, table, column, value, *, row=0):
    frame = getattr(evidence, table).copy()
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return dataclasses.replace(evidence, **{table: frame})


def test_the_same_content_has_the_same_key(evidence, priors):
    """Rows copied into new tables are the same content."""
    copied = dataclasses.replace(evidence, anchors=evidence.anchors.copy(), counts=evidence.counts.copy())
    assert keys(evidence, priors) == keys(copied, dict(reversed(priors.items())))


def test_a_changed_prior_refits_its_own_submodel_and_no_other(evidence, priors):
    for name in (
        "between_study_sd",
        "country_sd",
        "form_concentration",
        "violence_country_sd",
        "kappa_weight",
    ):
        wider = {**priors, name: dataclasses.replace(priors[name], p1=priors[name].p1 * 1.1)}
        assert changed(keys(evidence, priors), keys(evidence, wider)) == {priors[name].module}, name


@pytest.mark.parametrize(
    ("table", "column", "value", "again"),
    [
        ("anchors", "value", 337_463.0, {"unit_cost"}),
        ("mixes", "share", 0.2, {"unit_cost"}),
        ("counts", "victims_high", 99.0, {"prevalence", "forms"}),
        ("estimates", "high", 13_001.0, {"prevalence"}),
        ("children", "children", 1.0, {"prevalence"}),
        ("effects", "prior_log_rr_mean", -0.2, {"effects"}),
    ],
)
def test_a_changed_cell_of_evidence_refits_what_reads_the_table(
    evidence, priors, table, column, value, again
):
    other = with_cell(evidence, table, column, value)
    assert changed(keys(evidence, priors), keys(other, priors)) == again


def test_a_context_row_or_a_note_refits_nothing(evidence, priors):
    """Only rows that are fitted, predicted or a bound enter a fit, and no word about them."""
    table = evidence.anchors.copy()
    table.loc["us_cm_2018_nonfatal", "value"] = 1.0
    table.loc["us_cm_2012_all", ["note", "url"]] = "read again"
    other = dataclasses.replace(evidence, anchors=table)
    assert changed(keys(evidence, priors), keys(other, priors)) == set()


def test_a_grade_refits_what_it_widens(evidence, priors):
    table = evidence.anchors.copy()
    table.loc["us_cm_2012_all", "grade"] = "C"
    other = dataclasses.replace(evidence, anchors=table)
    assert changed(keys(evidence, priors), keys(other, priors)) == {"unit_cost"}


def test_a_programme_or_a_payer_refits_nothing(evidence, priors):
    """Costs of programmes are used after the fit."""
    other = with_cell(evidence, "programmes", "unit_cost_mid", 1.0)
    other = with_cell(other, "payers", "share", 0.5)
    assert changed(keys(evidence, priors), keys(other, priors)) == set()


class Spy:
    """Evidence that writes down which of its tables are looked at."""

    def __init__(self, evidence):
        self.evidence, self.seen = evidence, set()

    def __getattr__(self, name):
        if name in TABLES_OF_EVIDENCE:
            self.seen.add(name)
        return getattr(self.evidence, name)


TABLES_OF_EVIDENCE = {
    *("anchors", "mixes", "priors", "counts", "estimates", "programmes", "effects", "countries", "prices"),
    *("children", "lifetables", "regions", "violence_types", "payers", "discounting", "constants"),
    *("earnings_profile", "tables", "grades", "studies", "valuations", "defaults", "public_finance"),
}


@pytest.mark.parametrize("name", list(BUILDERS))
def test_every_table_that_a_submodel_reads_is_in_its_key(evidence, priors, name):
    """A table read but not hashed would give old fits for new evidence."""
    spy = Spy(evidence)
    BUILDERS[name](spy, priors)
    assert spy.seen <= set(TABLES[name])


@pytest.mark.parametrize("name", list(BUILDERS))
def test_every_prior_that_a_submodel_reads_is_in_its_key(evidence, priors, name):
    """Priors are hashed by their module: a sub-model may read those of its own module only."""

    class Watched(dict):
        def __getitem__(self, key):
            read.add(key)
            return super().__getitem__(key)

    read = set()
    BUILDERS[name](evidence, Watched(priors))
    assert {priors[key].module for key in read} == {name}


def test_seed_tuning_and_chains_are_in_the_key_and_draws_are_not(evidence, priors):
    """A longer fit of the same content answers the same question; it has another file, not another key."""
    base = Settings()
    before = keys(evidence, priors, base)
    for setting in ({"seed": 1}, {"tune": 7}, {"chains": 2}):
        assert changed(before, keys(evidence, priors, dataclasses.replace(base, **setting))) == set(BUILDERS)
    assert keys(evidence, priors, dataclasses.replace(base, draws=99)) == before
    assert cache.path("tiny", "k", 99) != cache.path("tiny", "k", 100)


def test_changed_model_code_has_another_key(evidence, priors, tmp_path, monkeypatch):
    """The same function in three files, in one of them with another number."""

    def key_of(name, scale):
        file = tmp_path / f"{name}.py"
        file.write_text(f"SCALE = {scale}\n\n\ndef build(evidence, priors):\n    return SCALE\n")
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return cache.key("tiny", module.build, evidence, priors, Settings())

    assert key_of("model_a", 1.0) == key_of("model_b", 1.0) != key_of("model_c", 2.0)


def test_a_part_of_a_submodel_in_a_file_of_its_own_is_in_its_key(evidence, priors, monkeypatch):
    """Girls stand beside the forms: their code changes the key of the forms and no other."""
    before, source = keys(evidence, priors), inspect.getsource
    monkeypatch.setattr(
        inspect,
        "getsource",
        lambda module: source(module) + "#" * (module is sys.modules["costmodel.model.sexes"]),
    )
    assert changed(before, keys(evidence, priors)) == {"forms"}


def test_another_version_of_a_library_has_another_key(evidence, priors, monkeypatch):
    before = cache.key("tiny", build_tiny, evidence, priors, Settings())
    monkeypatch.setattr(cache, "versions", lambda: {"pymc": "0.0"})
    assert cache.key("tiny", build_tiny, evidence, priors, Settings()) != before


def test_fits_are_kept_where_the_user_says(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    assert cache.folder() == tmp_path
    monkeypatch.delenv("COSTMODEL_CACHE")
    assert cache.folder().name == "costmodel"


def test_two_that_ask_for_one_fit_together_make_it_once(evidence, priors, monkeypatch, tmp_path, capsys):
    """The second waits, says so, and takes what the first has stored."""
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    begun, sampled = threading.Barrier(2, timeout=30), []

    def slow(model, **_):
        sampled.append(model)
        time.sleep(0.5)
        return tiny_tree(), {"seconds": 0.5, "rhat_max": 1.0}

    monkeypatch.setattr(fit, "sample_posterior", slow)
    monkeypatch.setattr(fit, "check_model", lambda *_: None)

    def ask(_):
        begun.wait()
        return fit.fit_submodel(
            "effects", build_tiny, evidence, priors, settings=Settings(), refit=False, quiet=False
        )

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert len(sampled) == 1
    assert first[2] == second[2]
    assert "Another process is fitting effects: waiting for it" in capsys.readouterr().err


def test_the_lock_of_a_process_that_is_killed_holds_nobody_up(monkeypatch, tmp_path):
    """A lock is the process's own: it ends with it."""
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    hold = (
        "import time; from costmodel.model import cache\n"
        "with cache.alone('effects', say=print): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
    said = []
    with cache.alone("effects", say=said.append):
        pass
    assert said == []
