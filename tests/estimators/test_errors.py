"""What estimators refuse, each with its own message."""

from __future__ import annotations

import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import Interval, InvalidParameterError

from tagates_sk import (
    InvalidArchitectureError,
    NonFiniteLossError,
    UnknownOperationError,
    Variant,
    paper_config,
)
from tagates_sk.baselines import GCNRanker, WLKernelGP
from tagates_sk.features import PathEncoding
from tagates_sk.spaces import NASBench201
from tagates_sk.training import network as reading
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency
from tests.small import BOTH, CELLS, TARGETS, as_array, chain, node_chain, ranker, regressor

both = pytest.mark.parametrize("make", BOTH)


def refused(message: str, error: type[Exception] = ValueError) -> Any:
    """The error with exactly this text in its message."""
    return pytest.raises(error, match=re.escape(message))


STRINGS = NASBench201().sample(3, random_state=0).native()
BAD_PARAMETERS = [
    ("T", 0), ("T", 1.5), ("T", True), ("s", "0.1"), ("s", -1), ("symmetry_breaking", "zero_cost"),
    ("beta", None), ("beta", -0.1), ("margin", True), ("operations", ["conv", None]),
    ("n_layers", 0), ("n_layers", "all"), ("layer_dim", 0), ("head", 200), ("dropout", 1.0),
    ("dropout", -0.1), ("features", "counts"), ("n_members", 0), ("bootstrap", "yes"),
    ("members", "process"), ("proxies", "flops"), ("memory", 3),
    ("pretrained", "yes"), ("pretrained_learning_rate", -0.1), ("loss", "hinged"), ("margin", -1),
    ("learning_rate", 0.0), ("schedule", "cosine"), ("weight_decay", -1), ("batch_size", 0),
    ("batch_size", "all"), ("max_iter", 0), ("early_stopping", "yes"),
    ("validation_fraction", 0.0), ("validation_fraction", 1.0), ("n_iter_no_change", 0),
    ("tol", -1), ("warm_start", 1.5), ("operations", "all"), ("operations", None),
    ("handle_unknown", "mean"), ("variant", "published"), ("variant", {"readout": "mean"}),
    ("device", 0), ("random_state", "0"), ("verbose", "yes"),
]  # fmt: skip
BAD_SWITCHES = [
    ("propagation", "both"),
    ("update", "both"), ("updated_operations", "convs"), ("stop_gradient", None),
    ("deep_supervision", "yes"), ("anytime", "yes"), ("aggregation", "max"),
    ("self_loops", "yes"), ("residual", "auto"), ("readout", "max"),
    ("terminal_operations", "yes"), ("layer_bias", 2), ("train_other_nodes", "yes"),
    ("op_dim", 0), ("node_dim", -1), ("hidden_dim", 2.5), ("max_pairs", 0), ("optimizer", "sgd"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        *(("TAGATESRanker", *case) for case in BAD_PARAMETERS),
        *(("Variant", *case) for case in BAD_SWITCHES),
    ],
)
def test_parameters(owner: str, name: str, value: Any) -> None:
    for method in ("fit", "partial_fit"):
        with refused(f"The '{name}' parameter of {owner} must be", InvalidParameterError):
            getattr(ranker(**{name: value}), method)(CELLS, TARGETS)


def test_every_parameter_is_checked() -> None:
    assert {name for name, _ in BAD_PARAMETERS} == set(ranker().get_params(deep=False))
    assert {name for name, _ in BAD_SWITCHES} == set(Variant().get_params())


@pytest.mark.parametrize("estimator", [
    ranker(), GCNRanker(), PathEncoding(), ZeroCostSaliency(), WLKernelGP(), Variant(),
])  # fmt: skip
def test_no_number_is_true(estimator: Any) -> None:
    constraints = type(estimator)._parameter_constraints
    numbers = [name for name, allowed in constraints.items() if any(
        isinstance(constraint, Interval) for constraint in allowed
    )]  # fmt: skip
    for name in numbers:
        wrong = clone(estimator).set_params(**{name: True})
        with refused(f"The '{name}' parameter", InvalidParameterError):
            wrong._validate_params()


@pytest.mark.parametrize(
    ("estimator", "name"),
    [(ranker(), "operations"), (PathEncoding(), "operations"), (WLKernelGP(), "operations"),
     (Variant(), "updated_operations"), (Variant(), "stop_gradient"),
     (ZeroCostSaliency(), "metrics"), (ZeroCostProxies(), "proxies")],
)  # fmt: skip
def test_names_are_strings(estimator: Any, name: str) -> None:
    for wrong in (["conv", None], "conv", 3):
        other = clone(estimator).set_params(**{name: wrong})
        with refused(f"The '{name}' parameter of {type(other).__name__} must be", ValueError):
            other._validate_params()


@pytest.mark.parametrize("make", [ranker, GCNRanker])
@pytest.mark.parametrize(("head", "shown"), [((20.7,), "20.7"), ((8, 0), "0"), ([True], "True")])
def test_widths_of_the_head(make: Any, head: Any, shown: str) -> None:
    message = f"head={head!r}: widths of hidden layers are whole numbers from 1 on, not {shown}"
    with refused(message):
        make(head=head).fit(CELLS, TARGETS)
    fitted = make(head=np.array([4]), max_iter=1).fit(CELLS, TARGETS)
    assert np.isfinite(fitted.predict(CELLS)).all()


@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle"])
def test_a_regressor_has_no_ranking_loss(loss: str) -> None:
    with refused("The 'loss' parameter of TAGATESRegressor must be", InvalidParameterError):
        regressor(loss=loss).fit(CELLS, TARGETS)


def test_stop_gradient_of_something_else() -> None:
    with refused("stop_gradient=['messages'] may name 'embedding', 'forward' and 'backward' only."):
        ranker(stop_gradient=["messages"]).fit(CELLS, TARGETS)


def test_updated_operations_that_nothing_has() -> None:
    with refused(
        "updated_operations names ['conv'], which no architecture of X has. The operations are "
        "['avg_pool_3x3', 'nor_conv_1x1', 'nor_conv_3x3', 'skip_connect']."
    ):
        ranker(updated_operations=["conv"]).fit(CELLS, TARGETS)


@pytest.mark.parametrize(
    ("device", "message"),
    [("cuda", "'cuda' is not available on this machine"), ("toaster", "'toaster' is no device")],
)
def test_device(monkeypatch: pytest.MonkeyPatch, device: str, message: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with refused(f"device={message}"):
        ranker(device=device).fit(CELLS, TARGETS)


@both
class TestTargets:
    def test_none(self, make: Any) -> None:
        with refused("requires y to be passed, but the target y is None."):
            make().fit(CELLS, None)

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_other_length(self, make: Any, method: str) -> None:
        with refused("X has 40 architectures but y has 39 targets; one is needed for each"):
            getattr(make(), method)(CELLS, TARGETS[1:])

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_not_finite(self, make: Any, value: float) -> None:
        y = TARGETS.copy()
        y[3] = value
        what = "NaN" if np.isnan(value) else "infinity"
        with refused(f"Input y contains {what} in row 3; finite numbers are expected."):
            make().fit(CELLS, y)
        fitted = make(max_iter=1).fit(CELLS, TARGETS)
        with pytest.raises(ValueError, match=f"contains {what}"):
            fitted.score(CELLS, y)

    def test_infinity_in_a_column(self, make: Any) -> None:
        y = np.stack([TARGETS, TARGETS], axis=1)
        y[[3, 5], 1] = np.inf
        with refused("Input y contains infinity in row 3, column 1, and 1 more; finite"):
            make(T=2).fit(CELLS, y)

    def test_nothing_to_rank(self, make: Any) -> None:
        with pytest.warns(UserWarning, match=r"^y is 3 for all 40 architectures: there is nothing"):
            fitted = make(max_iter=1).fit(CELLS, np.full(40, 3.0))
        assert np.isfinite(fitted.predict(CELLS)).all()
        y = np.stack([TARGETS, np.full(40, 3.0)], axis=1)
        y[:3, 1] = np.nan
        with pytest.warns(UserWarning, match=r"^y is 3 for all 37 architectures: there is nothing"):
            make(T=2, max_iter=1).fit(CELLS, y)

    def test_two_columns(self, make: Any) -> None:
        """Of y are for several passes; with one there can be one only."""
        with refused("y should be a 1d array, got an array of shape (40, 2) instead."):
            make(T=1).fit(CELLS, np.stack([TARGETS, TARGETS], axis=1))

    def test_no_numbers(self, make: Any) -> None:
        with pytest.raises(ValueError, match="could not convert string to float"):
            make().fit(CELLS, ["good"] * 40)

    def test_a_single_architecture(self, make: Any) -> None:
        with refused("n_samples=1: at least 2 architectures are needed to fit."):
            make().fit(CELLS[:1], TARGETS[:1])


@both
class TestWeights:
    def test_other_length(self, make: Any) -> None:
        with refused(
            "sample_weight.shape == (39,), expected (40,): one weight for each architecture."
        ):
            make().fit(CELLS, TARGETS, sample_weight=np.ones(39))

    @pytest.mark.parametrize(
        ("weights", "found"),
        [(np.zeros(40), "smallest value is 0 and its sum 0"),
         (np.linspace(-1, 3, 40), "smallest value is -1 and its sum 40")],
    )  # fmt: skip
    def test_negative_or_all_zero(self, make: Any, weights: np.ndarray, found: str) -> None:
        with refused(f"sample_weight must not be negative, nor zero everywhere: its {found}."):
            make().fit(CELLS, TARGETS, sample_weight=weights)

    def test_not_finite(self, make: Any) -> None:
        with refused("Input sample_weight contains NaN"):
            make().fit(CELLS, TARGETS, sample_weight=np.full(40, np.nan))


@pytest.mark.parametrize(("n", "fraction", "held"), [(40, 0.01, 1), (3, 0.5, 2), (40, 0.99, 40)])
def test_early_stopping_on_too_few(n: int, fraction: float, held: int) -> None:
    with refused(
        f"early_stopping with validation_fraction={fraction:g} holds out {held} of {n} "
        "architectures; at least 2 are needed on both sides."
    ):
        ranker(early_stopping=True, validation_fraction=fraction).fit(CELLS[:n], TARGETS[:n])


def test_divergence() -> None:
    with pytest.raises(
        NonFiniteLossError,
        match=r"The training loss is (nan|inf) in epoch \d+ of 50\. Try a smaller learning_rate "
        r"\(now 1e\+30\)",
    ):
        ranker(learning_rate=1e30, schedule="constant", max_iter=50).fit(CELLS, TARGETS)


@both
@pytest.mark.parametrize("method", ["predict", "transform", "operation_embeddings"])
class TestX:
    """Of every method that takes architectures only."""

    def test_not_fitted(self, make: Any, method: str) -> None:
        with pytest.raises(NotFittedError):
            getattr(make(), method)(CELLS)

    def test_empty(self, make: Any, method: str) -> None:
        fitted = make().fit(CELLS, TARGETS)
        empty = [[], as_array([]), NASBench201().sample(2, random_state=0)[[]]]
        for X in empty:
            with refused("X is empty: at least one architecture is needed."):
                getattr(fitted, method)(X)

    def test_no_sequence_of_graphs(self, make: Any, method: str) -> None:
        fitted = make().fit(CELLS, TARGETS)
        for X, message in [
            (CELLS[0], "X is a single graph; a sequence of architectures is expected."),
            (np.zeros((3, 2)), "X is an array of dtype float64 and shape (3, 2), not a sequence"),
            (np.array(STRINGS), "tagates_sk.spaces.NASBench201().sequence(X) reads such forms."),
            ([1, 2], "X[0] is an int; a networkx.DiGraph or a tuple of them is expected."),
            ("conv", "X is text; a sequence of networkx graphs is expected."),
            (3, "X is an int; a sequence of networkx graphs is expected."),
        ]:
            with refused(message, TypeError):
                getattr(fitted, method)(X)

    def test_other_number_of_cells(self, make: Any, method: str) -> None:
        fitted = make().fit(CELLS, TARGETS)
        pairs = list(zip(CELLS, CELLS, strict=True))
        with refused(
            "The architectures of X have 2 cells, those seen in fit had 1.",
            InvalidArchitectureError,
        ):
            getattr(fitted, method)(pairs)

    def test_unknown_operation(
        self, make: Any, method: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Named with its place, be it in the first chunk or in a later one."""
        fitted = make(handle_unknown="error").fit(CELLS, TARGETS)
        message = (
            "X[{}], edge (1, 2): unknown operation 'new'. The operations seen in fit are "
            "['avg_pool_3x3', 'nor_conv_1x1', 'nor_conv_3x3', 'skip_connect']. Fit on "
            "architectures that have it, list it in operations=, or set handle_unknown='warn' or "
            "'ignore'."
        )
        X = [*CELLS, chain("nor_conv_1x1", "new")]
        for chunk in (1024, 7):
            monkeypatch.setattr(reading, "BATCH", chunk)
            with refused(message.format(40), UnknownOperationError):
                getattr(fitted, method)(X)

    def test_unreadable_architecture_in_a_later_chunk(
        self, make: Any, method: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fitted = make().fit(CELLS, TARGETS)
        monkeypatch.setattr(reading, "BATCH", 7)
        cyclic = chain("nor_conv_1x1", "nor_conv_1x1")
        cyclic.add_edge(2, 1, op="nor_conv_1x1")
        with refused("X[40] is cyclic", InvalidArchitectureError):
            getattr(fitted, method)([*CELLS, cyclic])


class TestFit:
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_empty(self, method: str) -> None:
        with refused("X is empty: at least one architecture is needed."):
            getattr(ranker(), method)([], [])

    def test_unknown_operations(self) -> None:
        """Also in fit, where the vocabulary is given; and when training goes on."""
        with refused("X[2], edge (0, 1): unknown operation 'c'.", UnknownOperationError):
            strict = ranker(operations=["a", "b"], handle_unknown="error")
            strict.fit([chain("a"), chain("b"), chain("c")], [0, 1, 2])
        fitted = ranker(warm_start=True, handle_unknown="error")
        fitted.fit([chain("a"), chain("b")], [0, 1])
        for method in (fitted.fit, fitted.partial_fit):
            with refused("X[1], edge (0, 1): unknown operation 'c'.", UnknownOperationError):
                method([chain("a"), chain("c")], [0, 1])
        assert fitted.n_iter_ == 3

    def test_place_of_an_unknown_operation_in_a_tuple(self) -> None:
        fitted = ranker(handle_unknown="error").fit(
            [(chain("a"), node_chain("b")), (chain("b"), node_chain("a"))], [0, 1]
        )
        with refused("X[1], cell 1, node 1: unknown operation 'c'.", UnknownOperationError):
            fitted.predict([(chain("a"), node_chain("a")), (chain("a"), node_chain("c"))])

    def test_warm_start_with_other_cells(self) -> None:
        fitted = ranker(warm_start=True).fit(CELLS, TARGETS)
        with refused("have 2 cells, those seen in fit had 1.", InvalidArchitectureError):
            fitted.fit([(c, c) for c in CELLS], TARGETS)

    def test_more_inputs_than_in_fit(self) -> None:
        def with_inputs(*marks: int) -> nx.DiGraph:
            cell = nx.DiGraph()
            for mark in marks:
                cell.add_node(f"in{mark}", input=mark)
                cell.add_edge(f"in{mark}", "out", op="conv")
            return cell

        fitted = ranker().fit([with_inputs(0, 1), with_inputs(0)], [0, 1])
        with refused(
            "X has an input node with input=2; the largest seen in fit was 1.",
            InvalidArchitectureError,
        ):
            fitted.predict([with_inputs(0, 2)])


@pytest.mark.parametrize("breaking", ["add", "concat"])
class TestZeroCost:
    message = (
        "symmetry_breaking='{}' reads the attribute zero_cost beside op, and the architectures of "
        "X carry none. Attach it by tagates_sk.zero_cost.ZeroCostSaliency, for instance as the "
        "step before this one in a Pipeline, or set symmetry_breaking='none'."
    )
    with_vectors = (chain("conv", "pool", zero_cost=3), chain("conv", zero_cost=3))

    def test_missing_in_fit(self, breaking: str) -> None:
        with refused(self.message.format(breaking), InvalidArchitectureError):
            ranker(symmetry_breaking=breaking).fit(CELLS, TARGETS)

    def test_missing_in_predict(self, breaking: str) -> None:
        fitted = ranker(symmetry_breaking=breaking).fit(self.with_vectors, [0, 1])
        with refused(self.message.format(breaking), InvalidArchitectureError):
            fitted.predict([chain("conv")])

    def test_other_length(self, breaking: str) -> None:
        fitted = ranker(symmetry_breaking=breaking).fit(self.with_vectors, [0, 1])
        with refused(
            "zero_cost has length 2 in X; in fit it had length 3.", InvalidArchitectureError
        ):
            fitted.predict([chain("conv", zero_cost=2)])


def test_zero_cost_is_used_where_there_is_some() -> None:
    """symmetry_breaking="auto", and "none", which reads nothing."""
    cells = [chain("conv", zero_cost=1), chain("conv", "conv", zero_cost=1)]
    assert ranker().fit(cells, [0, 1]).model_.encoder.config.symmetry_breaking == "add"
    bare = [chain("conv"), chain("conv", "conv")]
    assert ranker().fit(bare, [0, 1]).model_.encoder.config.symmetry_breaking == "none"
    without = ranker(symmetry_breaking="none").fit(cells, [0, 1])
    np.testing.assert_array_equal(without.predict(cells), without.predict(bare))


def test_published_configuration_of_something_else() -> None:
    with refused(
        "space='mnist' has no published configuration; choose one of ['enas', 'nasbench101', "
        "'nasbench201', 'nasbench301']."
    ):
        paper_config("mnist")
