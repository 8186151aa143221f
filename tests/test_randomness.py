"""Randomness is keyed by name: what is drawn elsewhere, before or after, changes nothing."""

import numpy as np

from costmodel.randomness import generator


def test_a_name_gives_the_same_stream_whatever_is_drawn_between():
    first = generator(1, name="parenting.unit_cost").normal(size=5)
    generator(1, name="anything").normal(size=1000)
    assert generator(1, name="parenting.unit_cost").normal(size=5).tolist() == first.tolist()


def test_more_draws_keep_those_that_were_there():
    short = generator(7, name="a").normal(size=10)
    assert generator(7, name="a").normal(size=20)[:10].tolist() == short.tolist()


def test_streams_of_two_names_or_two_seeds_are_unrelated():
    """Correlation of 10,000 independent pairs has an SD of 1/100: within 4 of them."""
    base = generator(1, name="a").normal(size=10_000)
    for other in (generator(1, name="b"), generator(2, name="a"), generator(11, name="a")):
        assert abs(np.corrcoef(base, other.normal(size=10_000))[0, 1]) < 0.04


def test_seed_and_name_are_not_run_together():
    """Seed 1 with name "2:x" and seed 12 with name "x" must not meet."""
    assert generator(1, name="2:x").normal() != generator(12, name="x").normal()


def test_the_stream_is_the_same_on_every_machine():
    """Snapshot: a change of these numbers changes every result."""
    assert generator(20261123, name="guardianship.unit_cost").integers(0, 1000, size=4).tolist() == SNAPSHOT


SNAPSHOT = [368, 23, 796, 123]
