"""Predictions of what was not fitted: right scores, the right rows left out, and nothing else changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from costmodel import fit_report, validation
from costmodel.evidence.scope import unit_cost_data
from costmodel.model import checks
from costmodel.model.prevalence import count_data, hidden_estimates
from costmodel.validation import Prediction


def prediction(**changes):
    """Half of the draws expect 1, half expect e; errors of 0.5; e was printed."""
    mean = np.tile([0.0, 1.0], 2_000)
    given = {"submodel": "unit_cost", "study": "s", "id": "row", "unit": "EUR/victim", "log_printed": 1.0}
    given |= {"log_mean": mean, "log_error": np.full(mean.size, 0.5), "scale": 10.0}
    return Prediction(**{**given, **changes})


def test_a_log_score_is_the_log_of_the_mean_density():
    """Mean of two normal densities at 1: (phi(2)/0.5 + phi(0)/0.5) / 2 = 0.4529; log -0.7921."""
    found = validation.score(prediction(), (0.0, 1.0), seed=1)
    expected = np.log((stats.norm.pdf(2) + stats.norm.pdf(0)) / 0.5 / 2)
    assert found["log_score"] == pytest.approx(expected)
    assert found["null_log_score"] == pytest.approx(stats.norm.logpdf(1.0))
    assert found["printed"] == pytest.approx(10 * np.e)


def test_an_interval_holds_the_errors_and_its_width_is_a_factor_either_side():
    """Normal(0, 1) in the log: from exp(-1.645) to exp(1.645), width factor exp(1.645)."""
    mean = np.zeros(40_000)
    found = validation.score(
        prediction(log_mean=mean, log_error=np.ones(mean.size), scale=1.0, log_printed=2.0), (0, 1), seed=3
    )
    assert np.log(found["high"]) == pytest.approx(1.645, abs=0.03)
    assert found["width_factor"] == pytest.approx(np.exp(1.645), rel=0.03)
    assert found["z"] == pytest.approx(2.0, abs=0.03)
    assert not found["inside"]


def test_a_ratio_has_no_null(evidence):
    assert np.isnan(validation.null_of(prediction(unit="ratio"), evidence)).all()


def test_the_null_pools_studies_and_not_the_one_that_is_predicted(evidence):
    """Mean over studies of their mean log multiple; the spread of studies, one more drawn, and the row's own error."""
    data = unit_cost_data(evidence)
    by_study: dict[str, list[float]] = {}
    for name, value, train in zip(data.ids, data.log_multiple, data.train, strict=True):
        if train:
            by_study.setdefault(evidence.anchors.at[name, "study"], []).append(value)
    del by_study["us_cm_2012"]
    means = [sum(values) / len(values) for values in by_study.values()]
    mean, sd = validation.null_of(prediction(study="us_cm_2012"), evidence)
    assert mean == pytest.approx(np.mean(means))
    spread = np.std(means, ddof=1) * np.sqrt(1 + 1 / len(means))
    assert sd == pytest.approx(np.hypot(spread, 0.5))


def test_a_study_left_out_is_predicted_and_nothing_else_changes(evidence):
    """Both rows of the Australian study are held out, other hold-outs are not scored, other tables are the same."""
    other = validation.without_study(evidence, "unit_cost", "au_cm_2016")
    held = other.anchors.index[other.anchors["role"] == "holdout"]
    assert set(held) == {"au_cm_2016_financial", "au_cm_2016_qol"}
    unchanged = evidence.anchors["study"] != "au_cm_2016"
    was = evidence.anchors.loc[unchanged & (evidence.anchors["role"] == "train")].index
    assert (other.anchors.loc[was, "role"] == "train").all()
    assert other.estimates is evidence.estimates and other.prices is evidence.prices


def test_every_training_study_and_estimate_can_be_left_out(evidence):
    studies = validation.training_studies(evidence)
    anchors = evidence.anchors[evidence.anchors["role"] == "train"]
    assert {study for module, study in studies if module != "prevalence"} == set(anchors["study"])
    trained = evidence.estimates.index[evidence.estimates["role"] == "train"]
    assert {study for module, study in studies if module == "prevalence"} == set(trained)


def test_scores_are_counted_by_study():
    """Two rows of one study, one of them inside: half a study, not one of three rows."""
    rows = pd.DataFrame(
        {
            "submodel": "unit_cost",
            "study": ["a", "a", "b"],
            "inside": [True, False, True],
            "width_factor": [2.0, 4.0, 3.0],
            "log_score": [-1.0, -3.0, -0.5],
            "null_log_score": [-2.0, np.nan, -1.0],
        }
    )
    found = validation.by_study(rows).set_index("study")
    assert found.loc["a", ["rows", "inside", "width_factor", "log_score"]].tolist() == [2, 0.5, 3.0, -2.0]
    assert found.at["a", "null_log_score"] == -2.0


def test_hold_outs_of_every_sub_model_are_predicted(evidence):
    """A study of violence and an estimate held out appear beside unit costs, each from its own posterior."""
    other = validation.without_study(
        validation.without_study(evidence, "violence", "ng_vac_2019"), "prevalence", "mse_gbr_2013"
    )
    dims = ("chain", "draw")
    share = xr.Dataset(
        {"share_prediction": ((*dims, "share"), np.full((2, 3, 1), -4.0))},
        coords={"share": ["ng_vac_2019_daly_share"]},
    )
    estimate = xr.Dataset(
        {
            "estimate_prediction": ((*dims, "estimate"), np.full((2, 3, 1), 9.0)),
            "mse_error_sd": (dims, np.full((2, 3), 0.5)),
        },
        coords={"estimate": ["mse_gbr_2013"]},
    )
    trees = {
        name: xr.DataTree.from_dict({"posterior": data})
        for name, data in {"violence": share, "prevalence": estimate}.items()
    }
    found = {row.id: row for row in validation.predictions(other, trees)}
    assert set(found) == {"ng_vac_2019_daly_share", "mse_gbr_2013"}
    assert found["mse_gbr_2013"].log_printed == pytest.approx(np.log(np.sqrt(10_000 * 13_000)))
    hidden = hidden_estimates(other, count_data(other))
    times = hidden.log_total - hidden.log_registered
    i = hidden.ids.index("mse_gbr_2013")
    counts = other.counts.loc["GBR_2013"]
    assert hidden.log_registered[i] == pytest.approx(
        np.log((counts["victims_low"] + counts["victims_high"]) / 2)
    )
    # the pooled multiple of registered victims elsewhere, times those of the country
    expected = hidden.log_registered[i] + np.delete(times, i).mean()
    assert validation.null_of(found["mse_gbr_2013"], other)[0] == pytest.approx(expected)


def test_places_of_data_that_the_model_made_are_even_and_of_others_are_not():
    """Normal(0, 1) replicates: normal data lie evenly, data of half the spread lie in the middle."""
    rng = np.random.default_rng(2)
    drawn = rng.normal(size=(400, 3_000))
    for spread, low, high in ((1.0, 0.46, 0.54), (0.5, 0.75, 0.9)):
        made = checks.Replicates("x", "prior", {"y": drawn}, {"y": spread * rng.normal(size=3_000)})
        found = checks.coverage(checks.places(made)).iloc[0]
        assert low < found["inside_50"] < high
        assert found["mean_place"] == pytest.approx(0.5, abs=0.03)


def test_a_count_among_equal_replicates_lies_in_the_middle():
    """All replicates equal the observation: half below, half above."""
    made = checks.Replicates("x", "prior", {"y": np.full((10, 1), 3.0)}, {"y": np.array([3.0])})
    assert checks.places(made)["place"].tolist() == [0.5]


def test_what_was_learnt_is_posterior_over_prior():
    draws = xr.Dataset(
        {
            "log_incidence": (("chain", "draw", "country"), np.array([[[0.0], [2.0]]])),
            "log_detection": (("chain", "draw", "country"), np.array([[[1.0], [1.0]]])),
            "prior_sd_incidence": ("country", [4.0]),
            "prior_sd_detection": ("country", [2.0]),
            "evidence_label": ("country", ["own counts"]),
        },
        coords={"country": ["NLD"]},
    )
    found = fit_report.learning(draws).set_index("quantity")
    assert found.at["incidence", "kept"] == 0.25  # SD of 0 and 2 is 1
    assert found.at["detection", "kept"] == 0.0


@pytest.mark.usefixtures("fitted")
def test_a_fit_report_is_complete(evidence, fitted, tmp_path):
    """Tables, page and figures; without leaving studies out."""
    report = fit_report.fit_report(evidence, fitted)
    out = fit_report.write_fit_report(report, tmp_path / "fit")
    names = {path.name for path in out.iterdir()}
    assert {"README.md", "diagnostics.csv", "coverage.csv", "holdouts.csv", "learning.csv"} <= names
    assert {"predictive_checks.svg", "holdouts.png", "record.json"} <= names
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "Hold-outs" in page and "uk_ms_2018_unit" in page and "narrowest" in page
    assert set(report.coverage["kind"]) == {"prior", "posterior"}
    prior = report.coverage[report.coverage["kind"] == "prior"]
    assert (prior["inside_90"] > 0.8).all()  # priors are meant to be wide
