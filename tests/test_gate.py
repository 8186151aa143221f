"""The gate lets nothing through that has not converged or cannot be used, and says what and why."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hand_posterior import hand_posterior
from tiny_fit import tiny_tree

from costmodel.errors import ConvergenceError
from costmodel.gate import diagnose, refuse
from costmodel.model.joint import national_outputs

DIMS = ("chain", "draw")


def by_country(values):
    """Outputs of two countries, of which the second has these values."""
    fine = tiny_tree()["posterior"]["mean"].to_numpy()
    stacked = np.stack([fine, values], axis=-1)
    coords = {"chain": range(len(values)), "draw": range(values.shape[1]), "country": ["BEN", "NLD"]}
    return xr.Dataset({"log_incidence": ((*DIMS, "country"), stacked)}, coords=coords)


def refused(tree, **outputs):
    """What the refusal of a fit says."""
    with pytest.raises(ConvergenceError) as error:
        refuse(pd.DataFrame([{"submodel": "tiny", **diagnose(tree, **outputs)}]))
    return str(error.value)


def test_independent_draws_pass():
    """2,000 independent draws: R-hat about 1, ESS about 2,000."""
    found = diagnose(tiny_tree())
    assert found["converged"]
    assert found["rhat_max"] < 1.01
    assert found["ess_bulk_min"] == pytest.approx(2000, rel=0.15)
    assert (found["draws"], found["divergences"], found["worst"]) == (2000, 0, "")


def test_chains_that_disagree_do_not_pass():
    """Means half an SD apart, 0 to 1.5: between-chain variance 0.42, R-hat about sqrt(1.42) = 1.19."""
    found = diagnose(tiny_tree(apart=0.5))
    assert not found["converged"]
    assert found["rhat_max"] > 1.05
    assert found["worst"] == "mean"


def test_one_divergence_is_one_too_many():
    found = diagnose(tiny_tree(diverging=1))
    assert not found["converged"]
    assert found["divergences"] == 1


def test_too_few_draws_do_not_pass():
    """160 independent draws are worth 160, below 400."""
    found = diagnose(tiny_tree(draws=40))
    assert not found["converged"]
    assert found["ess_bulk_min"] < 400


def test_one_chain_cannot_show_that_it_converged():
    """R-hat compares chains: with one there is none, and what cannot be shown does not pass."""
    found = diagnose(tiny_tree(chains=1, draws=2000))
    assert not found["converged"]
    assert found["rhat_max"] == np.inf


def test_chains_stuck_at_different_values_do_not_pass():
    """No variance within, some between: R-hat is infinite, which is not the same as missing."""
    found = diagnose(tiny_tree(stuck=[0.0, 0.0, 0.0, 1.0]))
    assert not found["converged"]
    assert "stuck" in found["worst"]


def test_a_reference_level_that_never_moves_is_no_failure():
    """The same value in every draw of every chain is a constant of the model."""
    assert diagnose(tiny_tree(reference=[0.0, 0.0, 0.0, 0.0]))["converged"]


def test_the_refusal_names_the_submodel_its_figures_and_what_to_do():
    rows = pd.DataFrame(
        [
            {"submodel": "tiny", **diagnose(tiny_tree(apart=0.5, diverging=2))},
            {"submodel": "other", **diagnose(tiny_tree())},
        ]
    )
    with pytest.raises(ConvergenceError) as refused:
        refuse(rows)
    message = str(refused.value)
    row = rows.iloc[0]
    assert message.startswith("the fit has not converged, so it does not speak. tiny: R-hat ")
    assert f"R-hat {row['rhat_max']:.3f} (at most 1.01)" in message
    assert "(at least 400), 2 divergences; worst: mean" in message
    assert "Fit again with more draws (costmodel fit --draws), or pass --allow-unconverged" in message
    assert "other" not in message


def test_divergences_alone_are_named_as_such():
    with pytest.raises(ConvergenceError, match="3 divergences; worst: none by R-hat or ESS"):
        refuse(pd.DataFrame([{"submodel": "tiny", **diagnose(tiny_tree(diverging=3))}]))


def test_a_fit_that_passed_is_not_refused(evidence):
    refuse(hand_posterior(evidence).diagnostics)
    assert hand_posterior(evidence).converged
    assert not hand_posterior(evidence, converged=False).converged


def test_an_output_whose_chains_disagree_is_refused_by_its_name():
    """The parameter passes, one country does not: its chains lie half an SD apart, R-hat about 1.19."""
    outputs = by_country(tiny_tree(apart=0.5)["posterior"]["mean"].to_numpy())
    assert diagnose(tiny_tree())["converged"]
    found = diagnose(tiny_tree(), outputs=outputs)
    assert not found["converged"]
    assert found["rhat_max"] == pytest.approx(1.19, abs=0.05)
    assert "worst: log_incidence." in refused(tiny_tree(), outputs=outputs)


def test_an_output_with_too_few_effective_draws_is_refused_by_its_name():
    """Every value held for 20 draws: 2,000 draws are worth 2,000 / 20 = 100."""
    held = np.repeat(tiny_tree()["posterior"]["mean"].to_numpy()[:, ::20], 20, axis=1)
    found = diagnose(tiny_tree(), outputs=by_country(held))
    assert found["ess_bulk_min"] < 400
    assert "worst: log_incidence." in refused(tiny_tree(), outputs=by_country(held))


def test_outputs_that_are_well_sampled_pass():
    found = diagnose(tiny_tree(), outputs=by_country(tiny_tree()["posterior"]["mean"].to_numpy()[::-1]))
    assert found["converged"]
    assert found["parameters"] == 1, "outputs are not counted as parameters"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_draw_that_is_not_finite_is_refused_by_the_name_of_its_variable(value):
    """One of 2,000: missing, it has no R-hat and would be passed over as if it never moved."""
    tree = tiny_tree()
    tree["posterior"]["mean"][2, 7] = value
    message = refused(tree)
    assert "tiny: 1 draws are missing or infinite in mean; R-hat" in message
    assert "More draws do not mend what is not finite" in message
    assert "or pass --allow-unconverged (in Python allow_unconverged=True): every output" in message


def test_one_draw_of_one_country_that_is_not_finite_is_refused():
    """Its other countries are fine, and so are all parameters."""
    values = tiny_tree()["posterior"]["mean"].to_numpy().copy()
    values[0, :3] = np.nan
    found = diagnose(tiny_tree(), outputs=by_country(values))
    assert (found["non_finite"], found["unusable"]) == (3, "log_incidence")
    assert "3 draws are missing or infinite in log_incidence" in refused(
        tiny_tree(), outputs=by_country(values)
    )


def test_a_variable_that_is_never_finite_is_not_taken_for_a_reference_level():
    found = diagnose(tiny_tree(broken=[np.nan] * 4))
    assert (found["unusable"], found["non_finite"], found["converged"]) == ("broken", 2000, False)


def test_only_finite_draws_decide_the_figures_of_a_refusal():
    """The variable that cannot be used is named; R-hat and effective draws are those of the others."""
    found, whole = diagnose(tiny_tree(broken=[np.inf] * 4)), diagnose(tiny_tree())
    assert found["rhat_max"] == whole["rhat_max"]
    assert found["ess_bulk_min"] == whole["ess_bulk_min"]


def test_a_submodel_without_outputs_of_its_own_has_none(evidence):
    assert national_outputs("tiny", tiny_tree()["posterior"].to_dataset(), evidence, seed=1) is None
