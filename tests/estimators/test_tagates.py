"""The estimators on graphs: conventions of scikit-learn, targets, training."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_regressor
from sklearn.metrics import r2_score
from sklearn.utils import get_tags

from tagates_sk import FitInterruptedWarning, TAGATESRanker, TAGATESRegressor, Variant
from tagates_sk.baselines import GCNRanker
from tagates_sk.features import OperationStatistics
from tagates_sk.metrics import kendall_tau
from tagates_sk.nn.tables import GraphBatches
from tagates_sk.spaces import NASBench101
from tests.small import (
    BOTH,
    CELLS,
    TARGETS,
    chain,
    quality,
    ranker,
    regressor,
    sample,
)

both = pytest.mark.parametrize("make", BOTH)
Make = Callable[..., Any]

OTHERS: dict[str, Any] = {
    "T": 3, "s": 0.5, "symmetry_breaking": "random", "beta": 2.0, "n_layers": 2, "layer_dim": 8,
    "head": [], "dropout": 0.0, "features": OperationStatistics(), "n_members": 3,
    "members": "encoder", "proxies": None, "memory": None,
    "bootstrap": True, "loss": "mse", "margin": 0.2, "pretrained_learning_rate": 0.5,
    "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 8,
    "max_iter": 2, "early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 5,
    "tol": 0.1, "warm_start": True,
    "operations": ["avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "skip_connect"],
    "handle_unknown": "ignore", "device": "cpu", "random_state": 3, "verbose": 0,
}  # fmt: skip
"""Every parameter, at another value than the default; verbose would only print."""
OTHER_SWITCHES: dict[str, Any] = {
    "update": "node", "updated_operations": ["nor_conv_3x3"], "stop_gradient": ["forward"],
    "deep_supervision": False, "anytime": False, "self_loops": True, "aggregation": "mean",
    "residual": False, "readout": "mean", "terminal_operations": True, "layer_bias": True,
    "train_other_nodes": True, "op_dim": 4, "node_dim": 4, "hidden_dim": 4, "max_pairs": 100,
    "optimizer": "adam", "propagation": "synchronous",
}  # fmt: skip
"""Every switch of the variant, likewise."""
OTHERS["variant"] = Variant(**OTHER_SWITCHES)
OTHERS["pretrained"] = TAGATESRanker(**OTHERS).pretrain(CELLS, max_iter=1).pretrained_


class TestConventions:
    @pytest.mark.parametrize("cls", [TAGATESRanker, TAGATESRegressor])
    def test_parameters(self, cls: Any) -> None:
        estimator = cls(**OTHERS)
        assert set(OTHERS) == set(estimator.get_params(deep=False))
        copy = clone(estimator)
        for name, value in OTHERS.items():
            assert getattr(estimator, name) is value
            if name not in ("features", "variant"):  # clones are equal in what they say only
                assert copy.get_params(deep=False)[name] == value
        assert str(copy) == str(estimator)
        assert copy.variant.get_params() == OTHER_SWITCHES
        assert cls().set_params(**OTHERS).get_params() == estimator.get_params()

    @pytest.mark.parametrize("cls", [TAGATESRanker, TAGATESRegressor])
    def test_fit_leaves_parameters_untouched(self, cls: Any) -> None:
        estimator = cls(**OTHERS).fit(CELLS, TARGETS)
        for name, value in OTHERS.items():
            assert getattr(estimator, name) is value
        assert estimator.variant.get_params() == OTHER_SWITCHES

    @both
    def test_fit_returns_self_and_learns(self, make: Make) -> None:
        estimator = make(max_iter=60, learning_rate=0.01)
        assert estimator.fit(CELLS, TARGETS) is estimator
        assert kendall_tau(TARGETS, estimator.predict(CELLS)) > 0.7

    def test_attributes(self, fitted: Any) -> None:
        assert fitted.n_iter_ == 3
        assert set(fitted.history_) == {"loss", "learning_rate"}
        assert {len(values) for values in fitted.history_.values()} == {3}
        assert fitted.operations_ == sorted({op for c in CELLS for *_, op in c.edges(data="op")}
                                            - {"none"})  # fmt: skip
        assert fitted.n_cells_ == 1
        assert fitted.n_layers_ == 3
        assert fitted.y_mean_ == pytest.approx(TARGETS.mean())
        assert fitted.y_std_ == pytest.approx(TARGETS.std())

    def test_predictions_are_float64(self, fitted: Any) -> None:
        for out, shape in [(fitted.predict(CELLS), (40,)), (fitted.transform(CELLS), (40, 16))]:
            assert out.dtype == np.float64
            assert out.shape == shape

    @both
    def test_tags(self, make: Make) -> None:
        tags = get_tags(make())
        assert tags.target_tags.required
        assert not tags.input_tags.two_d_array
        assert tags.transformer_tags is not None
        assert is_regressor(make())
        assert tags.regressor_tags.poor_score == (make is ranker)

    def test_html(self, fitted: Any) -> None:
        for estimator in (fitted, clone(fitted)):
            html = estimator._repr_html_()
            assert type(estimator).__name__ in html
            assert "layer_dim" in html

    def test_repr_shows_what_was_set(self) -> None:
        assert repr(TAGATESRanker(T=4, device="cpu")) == "TAGATESRanker(T=4, device='cpu')"

    def test_scores(self) -> None:
        """Kendall's tau of a ranker, R² of a regressor."""
        ranked, regressed = (make().fit(CELLS, TARGETS) for make in (ranker, regressor))
        others = sample(20, seed=1)
        y = quality(others)
        assert ranked.score(others, y) == kendall_tau(y, ranked.predict(others))
        assert regressed.score(others, y) == r2_score(y, regressed.predict(others))
        weights = np.arange(20.0)
        assert regressed.score(others, y, sample_weight=weights) == r2_score(
            y, regressed.predict(others), sample_weight=weights
        )


class TestRandomness:
    @both
    @pytest.mark.parametrize("breaking", ["none", "random"])
    def test_the_seed_decides(self, make: Make, breaking: str) -> None:
        first, again, other = (
            make(random_state=seed, symmetry_breaking=breaking, loss="auto", dropout=0.2)
            .fit(CELLS, TARGETS)
            .predict(CELLS)
            for seed in (1, 1, 2)
        )
        assert_array_equal(first, again)
        assert not np.allclose(first, other)

    def test_fitting_again_starts_anew(self, fitted: Any) -> None:
        before = fitted.predict(CELLS)
        assert_array_equal(fitted.fit(CELLS, TARGETS).predict(CELLS), before)
        assert fitted.n_iter_ == len(fitted.history_["loss"]) == 3

    def test_a_generator_goes_on(self) -> None:
        rng = np.random.RandomState(0)
        first, second = (
            ranker(random_state=rng).fit(CELLS, TARGETS).predict(CELLS) for _ in range(2)
        )
        assert not np.allclose(first, second)

    @both
    def test_global_state_is_left_alone(self, make: Make) -> None:
        """Generators of torch, numpy and Python, and the number of threads."""

        def state() -> tuple[Any, ...]:
            return (
                torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(),  # noqa: NPY002
                random.getstate(), torch.get_num_threads(), torch.is_grad_enabled(),
                torch.get_default_dtype(),
            )  # fmt: skip

        before = state()
        estimator = make(symmetry_breaking="random", early_stopping=True, max_pairs=None)
        estimator.fit(CELLS, TARGETS).predict(CELLS)
        estimator.partial_fit(CELLS, TARGETS).transform(CELLS)
        assert state() == before

    @both
    @pytest.mark.parametrize("breaking", ["add", "concat", "random"])
    def test_the_default_dtype_changes_nothing(self, make: Make, breaking: str) -> None:
        estimator = make(symmetry_breaking=breaking, features=OperationStatistics())
        X = [chain(*ops, zero_cost=2) for ops in ("ab", "ba", "aab", "b", "a", "bab")]
        expected = estimator.fit(X, range(6)).predict(X)
        torch.set_default_dtype(torch.float64)
        try:
            assert_array_equal(estimator.predict(X), expected)
            assert_array_equal(clone(estimator).fit(X, range(6)).predict(X), expected)
            assert torch.get_default_dtype() == torch.float64
        finally:
            torch.set_default_dtype(torch.float32)

    def test_random_noise_is_fixed_in_prediction(self) -> None:
        estimator = ranker(symmetry_breaking="random").fit(CELLS, TARGETS)
        together = estimator.predict(CELLS)
        assert_array_equal(estimator.predict(CELLS), together)
        alone = [estimator.predict([cell])[0] for cell in CELLS]
        assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


class TestTargetsAndWeights:
    @pytest.mark.parametrize(("scale", "shift"), [(1e-3, 0.0), (100.0, 50.0), (1.0, -7.0)])
    def test_regressor_predicts_in_the_units_of_the_target(
        self, scale: float, shift: float
    ) -> None:
        plain = regressor().fit(CELLS, TARGETS).predict(CELLS)
        moved = regressor().fit(CELLS, scale * TARGETS + shift).predict(CELLS)
        assert_allclose(moved, scale * plain + shift, rtol=1e-3, atol=1e-4 * scale)

    def test_ranker_sees_the_order_only(self) -> None:
        plain, curved = (ranker().fit(CELLS, y).predict(CELLS) for y in (TARGETS, TARGETS**3))
        assert_array_equal(plain, curved)

    @pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle"])
    @pytest.mark.parametrize("marker", [-1e10, -1e30, -1e300])
    def test_an_extreme_target_ties_no_others(self, loss: str, marker: float) -> None:
        """Such as the mark of a training that failed."""
        usual, extreme = (np.where(np.arange(40) == 3, mark, TARGETS) for mark in (-1, marker))
        for early in (None, np.where(np.arange(40) % 5, TARGETS, np.nan)):
            expected, got = (
                ranker(loss=loss)
                .fit(CELLS, final if early is None else np.column_stack([early, final]))
                .predict(CELLS)
                for final in (usual, extreme)
            )
            assert_array_equal(got, expected)

    @pytest.mark.parametrize("make", [regressor, ranker])
    def test_targets_without_finite_spread(self, make: Make) -> None:
        y = 1e200 * (1 + TARGETS)
        fitted = ranker().fit(CELLS, y)
        assert_array_equal(fitted.predict(CELLS), ranker().fit(CELLS, TARGETS).predict(CELLS))
        message = r"Column 0 of y has the mean .* and the standard deviation .*: its values are"
        with pytest.raises(ValueError, match=message):
            make(loss="mse").fit(CELLS, y)

    @both
    @pytest.mark.parametrize("other", [5.0, np.nextafter(5.0, 6.0)])
    @pytest.mark.filterwarnings("ignore:y is 5 for all:UserWarning")
    def test_constant_target(self, make: Make, other: float) -> None:
        """Also where rounding differs."""
        estimator = make(max_iter=30).fit(CELLS, np.where(np.arange(40) % 2, 5.0, other))
        assert np.isfinite(estimator.predict(CELLS)).all()
        assert estimator.y_std_ == 1

    @pytest.mark.parametrize("form", [list, np.array, lambda y: np.array(y, dtype=int)])
    def test_forms_of_targets(self, form: Callable[[Any], Any]) -> None:
        whole = np.round(TARGETS)
        expected = regressor().fit(CELLS, whole).predict(CELLS)
        assert_array_equal(regressor().fit(CELLS, form(whole.tolist())).predict(CELLS), expected)

    @both
    def test_weights_are_repetitions_within_one_batch(self, make: Make) -> None:
        """Where nothing is shuffled between batches nor dropped; zero leaves out."""
        options = {"batch_size": 1000, "dropout": 0.0, "max_iter": 10}
        weights = np.arange(40) % 3
        rows = np.repeat(np.arange(40), weights)
        chosen = [CELLS[i] for i in rows]
        weighted, repeated, plain = (
            # Ranking losses leave the mean of the scores to rounding.
            scores - scores.mean() if make is ranker else scores
            for scores in (
                make(**options).fit(CELLS, TARGETS, sample_weight=weights).predict(CELLS),
                make(**options).fit(chosen, TARGETS[rows]).predict(CELLS),
                make(**options).fit(CELLS, TARGETS).predict(CELLS),
            )
        )
        difference = np.abs(weighted - repeated).max()
        assert difference < 0.01 * np.ptp(plain)
        assert difference < 0.1 * np.abs(weighted - plain).max()

    def test_the_scale_of_weights_does_not_matter(self) -> None:
        weights = 1.0 + np.arange(40)
        one, other = (
            regressor().fit(CELLS, TARGETS, sample_weight=w).predict(CELLS)
            for w in (weights, 4 * weights)
        )
        assert_allclose(one, other, rtol=1e-4, atol=1e-4)


class TestMoreTraining:
    @both
    def test_partial_fit_goes_on_and_learns(self, make: Make) -> None:
        estimator = make(learning_rate=0.02)
        for epoch in range(1, 41):
            assert estimator.partial_fit(CELLS, TARGETS) is estimator
            assert estimator.n_iter_ == len(estimator.history_["loss"]) == epoch
        assert kendall_tau(TARGETS, estimator.predict(CELLS)) > 0.7
        assert set(estimator.history_["learning_rate"]) == {0.02}

    @both
    def test_partial_fit_after_fit(self, make: Make) -> None:
        estimator = make().fit(CELLS, TARGETS)
        before = estimator.predict(CELLS)
        estimator.partial_fit(CELLS[:10], 100 + TARGETS[:10])
        assert estimator.n_iter_ == 4
        assert estimator.y_mean_ == pytest.approx(TARGETS.mean())  # units are those of fit
        assert not np.allclose(estimator.predict(CELLS), before)

    def test_partial_fit_with_operations_that_come_later(self) -> None:
        first, later = [chain("a"), chain("a", "a")], [chain("b"), chain("a", "b")]
        estimator = ranker(operations=["b", "a"], n_layers=2).partial_fit(first, [0, 1])
        assert estimator.operations_ == ["a", "b"]
        assert estimator.partial_fit(later, [0, 1]).n_iter_ == 2

    @both
    def test_warm_start_goes_on(self, make: Make) -> None:
        estimator = make(warm_start=True).fit(CELLS, TARGETS)
        before = estimator.predict(CELLS)
        first_loss = estimator.history_["loss"][0]
        estimator.set_params(max_iter=40, learning_rate=0.01).fit(CELLS, TARGETS)
        assert estimator.n_iter_ == len(estimator.history_["loss"]) == 43
        assert estimator.history_["loss"][0] == first_loss
        assert not np.allclose(estimator.predict(CELLS), before)
        assert estimator.history_["loss"][-1] < 0.7 * first_loss

    @both
    def test_early_stopping(self, make: Make) -> None:
        estimator = make(
            early_stopping=True, max_iter=200, n_iter_no_change=2, tol=0.5, validation_fraction=0.25
        ).fit(CELLS, TARGETS)
        history = estimator.history_["validation_score"]
        assert len(history) == estimator.n_iter_ < 200
        assert estimator.fit(CELLS, TARGETS).history_["validation_score"] == history

    @both
    @pytest.mark.parametrize("n", [4, 20])
    def test_early_stopping_watches_what_has_weight(self, make: Make, n: int) -> None:
        options = {"early_stopping": True, "validation_fraction": 0.5, "max_iter": 5}
        weights = (np.arange(40) < n).astype(float)
        other = np.where(weights > 0, TARGETS, -99 * TARGETS)
        first, second = (
            make(**options).fit(CELLS, y, sample_weight=weights).history_["validation_score"]
            for y in (TARGETS, other)
        )
        assert first == second
        with pytest.raises(ValueError, match=r"holds out 2 of 3 architectures; .* or of weight 0"):
            make(**options).fit(CELLS, TARGETS, sample_weight=np.arange(40) < 3)

    @both
    def test_interruption_leaves_a_usable_estimator(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        estimator = make(max_iter=10, batch_size=40)
        original, calls = GraphBatches.__call__, iter(range(100))

        def interrupted(self: Any, rows: Any) -> Any:
            if next(calls) == 4:
                raise KeyboardInterrupt
            return original(self, rows)

        with monkeypatch.context() as patch:
            patch.setattr(GraphBatches, "__call__", interrupted)
            with pytest.warns(FitInterruptedWarning, match="after 4 of 10 epochs"):
                estimator.fit(CELLS, TARGETS)
        assert estimator.n_iter_ == len(estimator.history_["loss"]) == 4
        assert np.isfinite(estimator.predict(CELLS)).all()
        assert estimator.partial_fit(CELLS, TARGETS).n_iter_ == 5

    @pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle", "mse"])
    def test_losses_of_the_ranker(self, loss: str) -> None:
        estimator = ranker(loss=loss, max_iter=45, learning_rate=0.02).fit(CELLS, TARGETS)
        assert estimator.score(CELLS, TARGETS) > 0.7

    def test_max_pairs(self) -> None:
        whole, capped = (ranker(max_pairs=n).fit(CELLS, TARGETS) for n in (None, 20))
        assert whole.history_["loss"] != capped.history_["loss"]

    @pytest.mark.parametrize("name", ["T", "s", "update", "stop_gradient", "updated_operations",
                                      "residual", "readout", "layer_bias", "n_layers", "head",
                                      "aggregation", "deep_supervision", "dropout", "features",
                                      "n_members", "optimizer", "schedule", "weight_decay",
                                      "batch_size", "margin"])  # fmt: skip
    def test_every_parameter_has_an_effect(self, name: str) -> None:
        """Weight decay needs to be large to show in three epochs."""
        value = 10.0 if name == "weight_decay" else {**OTHERS, **OTHER_SWITCHES}[name]
        plain, changed = (
            ranker(**options).fit(CELLS, TARGETS).predict(CELLS) for options in ({}, {name: value})
        )
        assert not np.array_equal(plain, changed)


@pytest.mark.parametrize(
    ("make", "n", "steps"),
    [(ranker, 500, 16), (ranker, 501, 8), (GCNRanker, 501, 16)],
    ids=["few", "many", "another encoder"],
)
def test_steps_of_an_epoch_by_default(make: Callable[..., Any], n: int, steps: int) -> None:
    rows = np.arange(n) % len(CELLS)
    fitted = make(max_iter=1).fit([CELLS[i] for i in rows], TARGETS[rows])
    state = fitted.network_.optimizer_state["state"]
    assert {int(of_weight["step"]) for of_weight in state.values()} == {steps}


@pytest.mark.parametrize(
    ("cells", "margin"), [(CELLS, 0.03), (list(NASBench101().sample(20, random_state=0)), 0.1)]
)
def test_the_margin_by_default(cells: list[Any], margin: float) -> None:
    y = np.linspace(0, 1, len(cells))
    auto, given, other = (
        ranker(margin=m).fit(cells, y).predict(cells) for m in ("auto", margin, 0.05)
    )
    assert_array_equal(auto, given)
    assert (auto != other).any()
