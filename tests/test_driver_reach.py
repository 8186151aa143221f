"""What a number can rest on, and what a planned study measures: choices and studies on a run of made-up draws."""

from __future__ import annotations

import pytest
from hand_posterior import hand_posterior, hand_scenario

from costmodel import pipeline, record, selftest
from costmodel.choices import read_choice, resting_on
from costmodel.parameters import PRICES
from costmodel.scenario import dump_scenario

OPTIONS = {
    "reach": {"parenting": {"coverage": 0.3}},
    "money": {"parenting": {"spend": 2e6}},
}


@pytest.fixture(scope="module")
def choice(evidence, tmp_path_factory):
    """Three years of the Netherlands, one programme given by its coverage and by its money."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selftest, "DRAWS", 100)
        scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2028, discount=["zero"])
        found = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
    folder = tmp_path_factory.mktemp("run")
    record.write_part(dump_scenario(found.scenario), folder / "scenario.toml")
    for name in ("parameters", "parameter_sources", "programmes"):
        record.write_part(found.tables[name].to_csv(index=False), folder / "tables" / f"{name}.csv")
    record.write_draws(found.draws, folder / record.DRAWS)
    record.write_record(found.record, folder)
    return read_choice(folder)


@pytest.mark.parametrize("quantity", ["burden", "cost_of_inaction"])
def test_prices_decide_what_money_averts(choice, quantity):
    """Two millions reach fewer children the dearer the programme; three in ten children are three in ten."""
    priced = {option: set(resting_on(choice, quantity, [option])["group"]) & {PRICES} for option in OPTIONS}
    assert priced == {"reach": set(), "money": {PRICES}}
