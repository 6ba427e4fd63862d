"""Switches in a Variant of their own: set by name, searched over, and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tagates_sk import TAGATESRanker, TAGATESRegressor, Variant, paper_config
from tests.small import CELLS, SMALL, SWITCHES, TARGETS, chain

both = pytest.mark.parametrize("cls", [TAGATESRanker, TAGATESRegressor])


@both
def test_grid_search_where_no_variant_was_set(cls: Any) -> None:
    plain = cls(**SMALL)
    grid = {"variant__readout": ["output", "mean"]}
    search = GridSearchCV(plain, grid, cv=2, error_score="raise").fit(CELLS, TARGETS)
    expected = [
        cross_val_score(cls(**SMALL, variant=Variant(readout=readout)), CELLS, TARGETS, cv=2).mean()
        for readout in grid["variant__readout"]
    ]
    assert_array_equal(search.cv_results_["mean_test_score"], expected)
    assert len(set(expected)) == 2
    best = search.best_estimator_
    assert best.variant.readout == search.best_params_["variant__readout"]
    assert best.model_.encoder.config.readout == best.variant.readout
    assert plain.variant is None


@both
def test_the_variant_unset_is_the_default_one(cls: Any) -> None:
    unset, default = cls(**SMALL), cls(**SMALL, variant=Variant())
    assert_array_equal(*(e.fit(CELLS, TARGETS).predict(CELLS) for e in (unset, default)))
    assert unset.variant is None
    named = {f"variant__{name}" for name in SWITCHES}
    assert named == {name for name in unset.get_params() if name.startswith("variant__")}
    assert named.isdisjoint(unset.get_params(deep=False))
    for name in named:
        assert unset.get_params()[name] == default.get_params()[name]


@both
def test_other_estimators_are_left_alone(cls: Any) -> None:
    given = Variant(layer_bias=True)
    one, unset, other_unset = cls(variant=given), cls(), cls()
    copy = clone(one)
    copy.set_params(variant__readout="mean")
    unset.set_params(variant__readout="mean", T=3)
    assert (copy.variant.readout, copy.variant.layer_bias) == ("mean", True)
    assert (unset.variant.readout, unset.T) == ("mean", 3)
    assert one.variant is given
    assert given.get_params() == Variant(layer_bias=True).get_params()
    assert other_unset.variant is None
    assert cls().get_params()["variant__readout"] == "auto"
    again = clone(unset).set_params(variant=None)
    assert again.variant is None
    assert unset.variant.readout == "mean"


def test_a_variant_and_its_switches_are_set_at_once() -> None:
    given = Variant(layer_bias=True)
    ranker = TAGATESRanker().set_params(variant=given, variant__readout="mean")
    assert ranker.variant is given
    assert (given.layer_bias, given.readout) == (True, "mean")


def test_of_a_step_in_a_pipeline() -> None:
    pipeline = make_pipeline(FunctionTransformer(), TAGATESRanker(**SMALL))
    name = "tagatesranker__variant__readout"
    assert pipeline.get_params()[name] == "auto"
    assert pipeline.set_params(**{name: "mean"})[-1].variant == pipeline[-1].variant
    assert pipeline.fit(CELLS, TARGETS)[-1].model_.encoder.config.readout == "mean"


def test_published_configurations_have_variants_of_their_own() -> None:
    one, other = paper_config("nasbench101"), paper_config("nasbench101")
    TAGATESRanker(**one).set_params(variant__readout="output")
    assert other["variant"].readout == "mean"
    assert paper_config("nasbench101")["variant"].readout == "mean"


def test_switches_that_there_are_not() -> None:
    with pytest.raises(ValueError, match=re.escape("Invalid parameter 'red' for estimator Var")):
        TAGATESRanker().set_params(variant__red="mean")
    with pytest.raises(TypeError, match="red"):
        Variant(red="mean")  # type: ignore[call-arg]


def test_switches_of_numpy() -> None:
    grid = {"variant__op_dim": np.array([4, 8])}
    search = GridSearchCV(TAGATESRanker(**SMALL), grid, cv=2, error_score="raise")
    assert search.fit(CELLS, TARGETS).best_params_["variant__op_dim"] in (4, 8)


def test_asynchronous_passes() -> None:
    """In all that reads encoders; with fewer updates, too, which need one sweep only."""
    switches = {"propagation": "asynchronous", "readout": "both"}
    fitted = TAGATESRanker(T=3, **SMALL, variant=Variant(**switches)).fit(CELLS, TARGETS)
    width = 2 * SMALL["layer_dim"] * SMALL["n_members"]
    assert fitted.transform(CELLS[:5]).shape == (5, width)
    counts = [fitted.operation_embeddings(CELLS[:1], n_updates=n)[0] for n in range(3)]
    assert all(found.keys() == counts[0].keys() for found in counts)
    key = next(iter(counts[0]))
    assert len({tuple(found[key]) for found in counts}) > 1
    other = TAGATESRanker(T=2, pretrained=fitted, **SMALL, variant=Variant(**switches))
    assert other.fit(CELLS, TARGETS).predict(CELLS).shape == (len(CELLS),)
    message = "has propagation='asynchronous' and this one propagation='synchronous'"
    synchronous = Variant(propagation="synchronous")
    with pytest.raises(ValueError, match=message):
        TAGATESRanker(T=2, pretrained=fitted, **SMALL, variant=synchronous).fit(CELLS, TARGETS)


def test_deep_architectures_are_swept_once() -> None:
    deep = [chain(*(["conv", "pool"][i % 2] for i in range(n))) for n in (17, 9, 12)]
    for X, n_layers, expected in (
        (deep, "auto", "asynchronous"),
        (deep, 3, "synchronous"),
        (deep[1:], "auto", "synchronous"),
    ):
        small = {**SMALL, "n_layers": n_layers}
        fitted = TAGATESRanker(**small).fit(X, np.arange(len(X)))
        assert fitted.encoders_.model.encoder.config.propagation == expected


def test_both_readouts_of_synchronous_passes() -> None:
    with pytest.raises(ValueError, match=re.escape("Set propagation='asynchronous', or another")):
        TAGATESRanker(**SMALL, variant=Variant(readout="both")).fit(CELLS, TARGETS)
