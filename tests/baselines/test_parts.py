"""What only some baselines have, and what each refuses."""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.utils._param_validation import InvalidParameterError

from tagates_sk import TAGATESRanker, UnknownOperationError, UnknownOperationWarning
from tagates_sk.baselines import (
    GATESRanker,
    NormalScores,
    SemiNASRanker,
    TransformerRanker,
    WeisfeilerLehmanKernel,
    WLKernelGP,
    baseline,
    baseline_names,
)
from tagates_sk.features import WeisfeilerLehman
from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.relations import APART, BEFORE, BEHIND, EARLIER, LATER, SELF, Relations
from tagates_sk.graphs.tokens import Dictionary
from tagates_sk.metrics import kendall_tau
from tests.small import CELLS, TARGETS, chain, in_variant, node_chain, sample

from .estimators import NEURAL, small


def refused(message: str, error: type[Exception] = ValueError) -> Any:
    """The error with exactly this text in its message."""
    return pytest.raises(error, match=re.escape(message))


class TestGraphs:
    @pytest.mark.parametrize("make", [chain, node_chain])
    def test_relations_on_a_chain(self, make: Any) -> None:
        """Both kinds of cells: input, two operations, output."""
        packed = read_architectures([make("a", "b"), make("a", "a", "a")])
        relations = Relations.of(packed)
        dense = relations.dense(np.array([0, 1]))
        depth = np.isin(dense.relation[0, :4, :4], [BEFORE, EARLIER]).sum(axis=1)
        order = np.argsort(depth)
        found = dense.relation[0][np.ix_(order, order)]
        assert relations.size.tolist() == [4, 5]
        assert found.tolist() == [
            [SELF, BEHIND, LATER, LATER],
            [BEFORE, SELF, BEHIND, LATER],
            [EARLIER, BEFORE, SELF, BEHIND],
            [EARLIER, EARLIER, BEFORE, SELF],
        ]
        assert dense.present.tolist() == [[True] * 4 + [False], [True] * 5]
        assert set(dense.relation[0, 4, :4]) == {APART}

    def test_a_sentence(self) -> None:
        packed = read_architectures([chain("a", "b")])
        dictionary = Dictionary.of(packed)
        end, wire, _, _, output, input0, inner, begin, unknown = range(2, 11)
        assert dictionary.end == end
        assert len(dictionary) == unknown + 1
        (words,) = dictionary.sentences(packed).words.tolist()
        assert words == [begin, 0, input0, inner, 1, inner, output, end]
        other = read_architectures([chain("new", "skip_connect", "a")])
        (words,) = dictionary.sentences(other.with_vocabulary(["a", "b"], "ignore")).words.tolist()
        assert words == [begin, unknown, input0, inner, wire, inner, inner, 0, inner, output, end]


class TestGATES:
    def test_is_tagates_with_one_pass(self) -> None:
        ours = small(GATESRanker).fit(CELLS, TARGETS)
        published = {
            "T": 1, "symmetry_breaking": "none", "aggregation": "sum", "propagation": "synchronous",
            "members": "encoder", "n_members": 1,
        }  # fmt: skip
        theirs = TAGATESRanker(**in_variant({**published, **ours.get_params()}))
        assert np.array_equal(theirs.fit(CELLS, TARGETS).predict(CELLS), ours.predict(CELLS))


class TestSemiNAS:
    def test_reconstructs_what_has_no_target(self) -> None:
        """The loss on architectures that were never labelled falls."""
        others = sample(60, seed=5)
        options = {
            "max_iter": 100,
            "batch_size": 4,
            "layer_dim": 32,
            "reconstruction": 1.0,
            "learning_rate": 0.01,
        }
        losses = []
        for unlabeled in (None, others):
            ranker = small(SemiNASRanker, **options)
            ranker.fit(CELLS[:4], TARGETS[:4], X_unlabeled=unlabeled)
            packed = read_architectures(others).with_vocabulary(ranker.operations_, "ignore")
            batch = ranker._batches(packed)(np.arange(60))
            with torch.inference_mode():
                encoding = ranker.model_.encode(batch).architectures
                losses.append(float(ranker.model_.reconstruction_loss(batch, encoding)))
        assert losses[1] < 0.85 * losses[0]

    def test_its_weight_matters(self) -> None:
        off, on = (
            small(SemiNASRanker, reconstruction=w).fit(CELLS, TARGETS).predict(CELLS)
            for w in (0.0, 1.0)
        )
        assert not np.allclose(off, on)

    def test_unlabelled_operations_that_none_in_X_has(self) -> None:
        unlabeled = [CELLS[0], chain("new")]
        with refused("X[1], edge (0, 1): unknown operation 'new'.", UnknownOperationError):
            small(SemiNASRanker, handle_unknown="error").fit(CELLS, TARGETS, X_unlabeled=unlabeled)
        with pytest.warns(UnknownOperationWarning, match=r"X\[1\], edge \(0, 1\): .*'new'"):
            small(SemiNASRanker).fit(CELLS, TARGETS, X_unlabeled=unlabeled)


class TestGaussianProcess:
    @pytest.mark.parametrize("kind", ["linear", "rbf"])
    @pytest.mark.parametrize("weights", [0.7, np.array([0.5, 2.0, 0.1])])
    def test_kernel(self, kind: str, weights: Any) -> None:
        """Gradient against differences, diagonal, symmetry, sparse and dense counts."""
        labels = WeisfeilerLehman().fit(CELLS)
        counts = labels.transform(CELLS)
        kernel = WeisfeilerLehmanKernel(tuple(labels.n_columns_), weights, kind=kind)
        K, gradient = kernel(counts, eval_gradient=True)
        assert_allclose(kernel(counts.toarray()), K)
        assert_allclose(kernel.diag(counts), np.diag(K))
        assert_allclose(kernel(counts, counts[:3]), K[:, :3])
        assert np.linalg.eigvalsh(K).min() > -1e-9
        for i, theta in enumerate(kernel.theta):
            shifted = [kernel.theta.copy(), kernel.theta.copy()]
            shifted[0][i], shifted[1][i] = theta + 1e-5, theta - 1e-5
            above, below = (kernel.clone_with_theta(t)(counts) for t in shifted)
            assert_allclose(gradient[:, :, i], (above - below) / 2e-5, atol=1e-7)
        fixed = WeisfeilerLehmanKernel(kernel.sections, weights, "fixed", kind)
        assert fixed(counts, eval_gradient=True)[1].shape == (40, 40, 0)

    def test_is_scikit_learns_process(self) -> None:
        """Of all labels, those that fit never saw among them."""
        gp = WLKernelGP(target="standardise", kind="linear").fit(CELLS[:20], TARGETS[:20])
        others = sample(20, seed=3)
        labels = WeisfeilerLehman(sparse_output=False).fit([*CELLS[:20], *others])
        assert labels.n_columns_[2] > gp.labels_.n_columns_[2]
        kernel = gp.kernel_.k1.clone_with_theta(gp.kernel_.k1.theta)
        kernel.sections = tuple(labels.n_columns_)
        again = GaussianProcessRegressor(kernel + gp.kernel_.k2, optimizer=None)
        known = TARGETS[:20]
        again.fit(labels.transform(CELLS[:20]), (known - known.mean()) / known.std())
        mean, std = again.predict(labels.transform(others), return_std=True)
        found = gp.predict(others, return_std=True)
        assert_allclose(found[0], known.mean() + known.std() * mean, rtol=1e-6)
        assert_allclose(found[1], known.std() * std, rtol=1e-6)

    def test_kernel_of_a_matrix_that_changed(self) -> None:
        kernel, counts = WeisfeilerLehmanKernel((2, 2)), np.array([[2.0, 0, 1, 0], [2, 0, 0, 1]])
        assert_allclose(kernel(counts), [[2, 1], [1, 2]])
        counts[1] = [0, 2, 0, 1]
        assert_allclose(kernel(counts), [[2, 0], [0, 2]])
        counts[1] = [2, 0, 0, 1]
        assert_allclose(kernel.set_params(sections=(4,))(counts), [[1, 0.8], [0.8, 1]])
        with pytest.raises(ValueError, match=r"Counts have shape \(2, 3\); .* 4, is expected"):
            kernel(counts[:, :3])

    @pytest.mark.parametrize("target", ["rank", "standardise"])
    def test_is_surer_of_what_it_knows(self, target: str) -> None:
        gp = WLKernelGP(target=target, n_restarts=1, random_state=0).fit(CELLS[:20], TARGETS[:20])
        mean, known = gp.predict(CELLS[:20], return_std=True)
        _, unknown = gp.predict(sample(200, seed=8), return_std=True)
        assert (known > 0).all()
        assert known.mean() < unknown.mean()
        assert kendall_tau(TARGETS[:20], mean) > 0.7


def test_normal_scores() -> None:
    y = np.random.RandomState(0).exponential(size=(50, 1)).round(1)  # with ties
    scores = NormalScores().fit(y)
    z = scores.transform(y)
    assert abs(z.mean()) < 0.05
    assert 0.9 < z.std() < 1.0
    assert_allclose(scores.inverse_transform(z), y)
    grid = np.linspace(-6, 6, 101)[:, None]
    assert (np.diff(scores.inverse_transform(grid), axis=0) > 0).all()
    assert NormalScores().fit([[3.0], [3.0]]).inverse_transform([[0.0]]) == 3
    with pytest.raises(ValueError, match=r"X has 2 columns of scores, but .* 1 columns of val"):
        scores.inverse_transform([[0.0, 0.0]])


class TestByName:
    def test_all(self) -> None:
        assert len(baseline_names()) == 13
        for name in set(baseline_names()) - {"xgboost"}:
            assert "random_state" in str(baseline(name, random_state=5).get_params())

    @pytest.mark.parametrize(
        "name",
        [
            "mlp",
            "random_forest",
            "gradient_boosting",
            "operation_statistics",
            "walk_statistics",
            "xgboost",
        ],
    )
    def test_on_features(self, name: str) -> None:
        if name == "xgboost":
            pytest.importorskip("xgboost")
        few = {"mlp": {"max_iter": 500}, "walk_statistics": {}}.get(name, {"n_estimators": 30})
        model = baseline(name, random_state=0, **few).fit(CELLS, TARGETS)
        others = sample(30, seed=4)
        worth = {"nor_conv_3x3": 2.0, "nor_conv_1x1": 1.0}
        y = [sum(worth.get(op, 0) for *_, op in c.edges(data="op")) for c in others]
        assert kendall_tau(y, model.predict(others)) > 0.3

    def test_few_labels_at_the_bounds_of_a_kernel(self) -> None:
        """What the bounds say is known beforehand: no warning."""
        model = baseline("walk_statistics")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(CELLS[:4], TARGETS[:4])
        process = model.regressor_[-1]
        low, high = process.kernel_.bounds.T
        assert (
            np.isclose(process.kernel_.theta, low) | np.isclose(process.kernel_.theta, high)
        ).any()

    def test_unknown(self) -> None:
        with refused(f"There is no baseline 'resnet'. The names are {baseline_names()}."):
            baseline("resnet")

    def test_xgboost_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "xgboost", None)
        with refused("baseline('xgboost') needs xgboost, which is not", ImportError):
            baseline("xgboost")


@pytest.mark.parametrize("cls", NEURAL)
@pytest.mark.parametrize(("name", "value"), [("n_layers", 0), ("loss", "hinged"), ("head", 3)])
def test_parameters(cls: Any, name: str, value: Any) -> None:
    with refused(f"The '{name}' parameter of {cls.__name__} must be", InvalidParameterError):
        small(cls, **{name: value}).fit(CELLS, TARGETS)


def test_heads_do_not_divide_the_width() -> None:
    with refused("layer_dim=18 is no multiple of n_heads=4: the heads of the attention"):
        small(TransformerRanker, layer_dim=18).fit(CELLS, TARGETS)


@pytest.mark.parametrize("name", ["kind", "target", "n_restarts", "n_iter"])
def test_parameters_of_the_process(name: str) -> None:
    with refused(f"The '{name}' parameter of WLKernelGP must be", InvalidParameterError):
        WLKernelGP(**{name: -1}).fit(CELLS, TARGETS)
