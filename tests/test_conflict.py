"""Whether two lines of evidence agree: closed forms of two normal lines, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from costmodel.decision.conflict import Conflict, node_split, split_from_joint
from costmodel.randomness import generator

ABOUT = {"quantity": "the rate", "names": ("counts", "lists")}
ERRORS = 4.0


def line(name: str, *, mean: float = 0.0, sd: float = 1.0) -> xr.DataArray:
    """Normal draws of one line."""
    values = mean + sd * generator(1, name=name).normal(size=(4, 1000))
    return xr.DataArray(values, dims=("chain", "draw"), name=name)


@pytest.mark.parametrize("apart", [0.0, 1.0, 2.0, 4.0])
def test_the_conflict_of_two_normal_lines_is_that_of_the_closed_form(apart):
    """The difference is N(apart, 2): two-sided probability 2 Phi(-apart / sqrt 2), interval apart -+ 1.645 sqrt 2."""
    found = node_split(line("first", mean=apart), line("second"), **ABOUT)
    truth = 2 * stats.norm.sf(apart / np.sqrt(2))
    assert found.agreement == pytest.approx(truth, abs=ERRORS * found.error + 1e-3)
    assert found.probability == 1 - found.agreement
    assert [found.low, found.mid, found.high] == pytest.approx(
        stats.norm.ppf([0.05, 0.5, 0.95], apart, np.sqrt(2)).tolist(), abs=0.15
    )
    assert found.disagree == (apart == 4.0)


def test_the_lines_may_change_places():
    """The same conflict, the difference with its sign turned."""
    pair = line("first", mean=1), line("second", sd=2)
    there, back = node_split(*pair, **ABOUT), node_split(*reversed(pair), **ABOUT)
    assert there.agreement == pytest.approx(back.agreement)
    assert there.mid == pytest.approx(-back.mid, abs=0.1)


@settings(deadline=None, max_examples=10, derandomize=True)
@given(shift=st.floats(-100, 100), scale=st.floats(0.1, 100))
def test_the_conflict_does_not_depend_on_the_unit(shift, scale):
    pair = line("first", mean=1), line("second")
    moved = [scale * draws + shift for draws in pair]
    plain, other = node_split(*pair, **ABOUT), node_split(*moved, **ABOUT)
    assert other.agreement == pytest.approx(plain.agreement, abs=1e-6)
    assert other.mid == pytest.approx(scale * plain.mid, rel=1e-6)


def test_on_the_log_scale_the_difference_is_a_ratio_and_the_conflict_the_same():
    """Ranks do not change with the log; a factor of e between the lines."""
    pair = line("first", mean=1), line("second")
    plain = node_split(*pair, **ABOUT)
    ratio = node_split(*(np.exp(draws) for draws in pair), **ABOUT, log=True)
    assert ratio.agreement == pytest.approx(plain.agreement)
    assert ratio.mid == pytest.approx(np.exp(plain.mid))
    assert "times that by lists" in ratio.words


def test_a_line_left_out_of_the_joint_is_told_from_how_it_moved_and_narrowed_it():
    """Lines N(0, 1) and N(2, 1) have the joint N(1, 1/2): difference N(-2, 2), as if both had been fitted alone."""
    stayed, joint = line("first"), line("joint", mean=1, sd=np.sqrt(0.5))
    found = split_from_joint(joint, stayed, **ABOUT)
    assert found.agreement == pytest.approx(2 * stats.norm.sf(np.sqrt(2)), abs=ERRORS * found.error)
    assert found.mid == pytest.approx(-2, abs=0.3)
    assert found.high - found.low == pytest.approx(2 * 1.645 * np.sqrt(2), rel=0.1)


def test_a_line_that_narrows_nothing_is_refused():
    with pytest.raises(ValueError, match="a line that narrows nothing cannot be told from the joint"):
        split_from_joint(line("first", sd=1.1), line("second"), **ABOUT)


def test_what_has_no_log_is_not_compared_by_ratio():
    with pytest.raises(ValueError, match="some are not positive; compare without log"):
        node_split(line("first"), line("second"), **ABOUT, log=True)


@pytest.mark.parametrize(
    ("agreement", "begins"),
    [
        (0.6, "The two lines agree: "),
        (0.2, "It is open whether the two lines agree: "),
        (0.01, "They disagree: "),
    ],
)
def test_one_sentence_says_which_it_is_and_by_how_much(agreement, begins):
    found = Conflict("the rate", ("counts", "lists"), 1200.0, 14321.0, 80000.0, agreement, 0.01, ratio=False)
    assert found.words.startswith(begins)
    assert found.words.endswith(
        "the rate by counts is 14,000 above that by lists (90% interval 1,200 to 80,000), "
        f"and the probability of conflict is {1 - agreement:.2f}."
    )
