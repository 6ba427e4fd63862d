"""Encoders that start from pre-training without labels, or from another model."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from tagates_sk import TAGATESRanker, TrainingCondition
from tagates_sk.datasets import load_nasbench201
from tagates_sk.features import AdjacencyOneHot, OperationStatistics
from tagates_sk.metrics import kendall_tau
from tagates_sk.model_files import load_model, save_model
from tests.small import BOTH, CELLS, TARGETS, chain, ranker, regressor, sample

both = pytest.mark.parametrize("make", BOTH)
OTHERS = sample(60, seed=1)
PRETRAINED = ranker().pretrain(OTHERS, max_iter=3)
FITTED = regressor(random_state=1).fit(OTHERS, np.arange(60.0))


def weights(estimator: Any) -> dict[str, torch.Tensor]:
    return dict(estimator.pretrained_.weights)


def chains(*ops: str, zero_cost: int = 0) -> list[Any]:
    return [chain(*ops[i:], zero_cost=zero_cost) for i in range(len(ops))]


# ------------------------------------------------------------- pre-training


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two, other = (ranker(random_state=seed).pretrain(OTHERS, max_iter=2) for seed in (0, 0, 1))
    assert all(torch.equal(value, weights(two)[name]) for name, value in weights(one).items())
    assert not torch.equal(weights(one)["op_embedding"], weights(other)["op_embedding"])
    again = one.pretrain(OTHERS, max_iter=2)  # anew, not from where it was
    assert torch.equal(weights(again)["op_embedding"], weights(two)["op_embedding"])


def test_global_seeds_stay() -> None:
    before, tensor = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    ranker(dropout=0.5).pretrain(OTHERS, max_iter=1)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), tensor)


@pytest.mark.parametrize("n_members", [1, 2])
def test_encodings_learn_the_targets(n_members: int) -> None:
    """A linear map reads off every member's what random encodings do not tell."""
    targets = np.random.RandomState(0).normal(size=(60, 3))
    wanted = (targets - targets.mean(0)) / targets.std(0)

    def unexplained(learning_rate: float) -> float:
        model = ranker(n_members=n_members, learning_rate=learning_rate)
        model.pretrain(OTHERS, targets, max_iter=150)
        model.set_params(pretrained_learning_rate=0, max_iter=1).fit(OTHERS, targets[:, 0])
        errors = []
        for encodings in np.split(model.transform(OTHERS), n_members, axis=1):
            design = np.column_stack([encodings, np.ones(60)])
            fitted = design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
            errors.append(float(((wanted - fitted) ** 2).mean()))
        return max(errors)

    assert unexplained(1e-2) < 0.8 * unexplained(1e-9)


def test_targets_by_transformer_by_matrix_and_by_default() -> None:
    given = OperationStatistics()
    models = [
        ranker().pretrain(OTHERS, targets, max_iter=3)
        for targets in (None, given, given.fit_transform(OTHERS), AdjacencyOneHot())
    ]
    tables = [weights(model)["op_embedding"] for model in models]
    assert torch.equal(tables[0], tables[1])
    assert torch.equal(tables[0], tables[2])
    assert not torch.equal(tables[0], tables[3])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((3, 2)), "targets is an array of shape (3, 2) for 60 architectures"),
        (np.full((60, 1), np.nan), "targets is nan in column 0 for architecture 0"),
    ],
)
def test_targets_that_do_not_fit(targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ranker().pretrain(OTHERS, targets)


def test_transformer_that_gives_no_matrix() -> None:
    class Flat(OperationStatistics):
        def transform(self, X: Any) -> Any:
            return np.zeros(len(X))

    message = "The transformer targets=Flat(...) gives an array of shape (60,)"
    with pytest.raises(ValueError, match=re.escape(message)):
        ranker().pretrain(OTHERS, Flat())


@pytest.mark.parametrize("name", ["max_iter", "batch_size"])
def test_epochs_and_batches_are_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} == 0, must be >= 1"):
        ranker().pretrain(OTHERS, **{name: 0})


# ----------------------------------------------------------------- the start


@both
@pytest.mark.parametrize("source", [FITTED, FrozenEstimator(FITTED)], ids=["model", "frozen"])
def test_a_still_encoder_encodes_as_its_source(make: Any, source: Any) -> None:
    still = make(pretrained=source, pretrained_learning_rate=0).fit(CELLS, TARGETS)
    assert_array_equal(still.transform(CELLS), FITTED.transform(CELLS))
    moved = make(pretrained=source).fit(CELLS, TARGETS)
    assert abs(moved.transform(CELLS) - FITTED.transform(CELLS)).max() > 0
    assert abs(moved.predict(CELLS) - still.predict(CELLS)).max() > 0


def test_the_rate_is_the_encoders_only() -> None:
    """A step of Adam is as long as its learning rate, to the sign of the gradient."""
    options: dict[str, Any] = {
        "pretrained": FITTED, "max_iter": 1, "batch_size": 40, "schedule": "constant",
        "weight_decay": 0.0,
    }  # fmt: skip
    start, tenth, full = (
        ranker(pretrained_learning_rate=rate, **options).fit(CELLS, TARGETS).model_.state_dict()
        for rate in (0, 0.1, 1)
    )
    for name, value in start.items():
        if name.startswith("encoder."):
            assert_allclose(tenth[name] - value, 0.1 * (full[name] - value), atol=1e-6)
        else:
            assert_allclose(tenth[name], full[name])
            assert_allclose(value, full[name])


def test_history_tells_the_heads_rate() -> None:
    history = [
        ranker(pretrained=source).fit(CELLS, TARGETS).history_["learning_rate"]
        for source in (None, PRETRAINED)
    ]
    assert history[0] == history[1]


def test_fit_starts_from_its_own_pretraining() -> None:
    """As from another's, and each time anew; partial_fit goes on."""
    own = ranker(pretrained_learning_rate=0).pretrain(OTHERS, max_iter=3)
    assert not hasattr(clone(own), "pretrained_")
    expected = ranker(pretrained=PRETRAINED, pretrained_learning_rate=0).fit(CELLS, TARGETS)
    for _ in range(2):
        assert_array_equal(own.fit(CELLS, TARGETS).predict(CELLS), expected.predict(CELLS))
    own.partial_fit(CELLS, TARGETS)
    assert own.n_iter_ == 4
    assert_array_equal(own.transform(CELLS), expected.transform(CELLS))


def test_pretraining_goes_on_from_a_source() -> None:
    still = ranker(pretrained=FITTED, learning_rate=1e-12).pretrain(OTHERS, max_iter=1)
    source = FITTED.model_.encoder.state_dict()
    for name, value in weights(still).items():
        assert_allclose(value, source[name], atol=1e-6)


def test_ensembles_take_over_every_member() -> None:
    source = ranker(n_members=3).pretrain(OTHERS, max_iter=1)
    still = ranker(n_members=3, pretrained=source, pretrained_learning_rate=0)
    encoder = still.fit(CELLS, TARGETS).model_.encoder.state_dict()
    assert all(torch.equal(value, weights(source)[name]) for name, value in encoder.items())


def test_gates_can_be_pretrained() -> None:
    """As TA-GATES with one pass."""
    gates = {"T": 1, "symmetry_breaking": "none", "aggregation": "sum"}
    model = ranker(**gates).pretrain(OTHERS, max_iter=1)
    plain = ranker(**gates).fit(CELLS, TARGETS)
    assert abs(model.fit(CELLS, TARGETS).predict(CELLS) - plain.predict(CELLS)).max() > 0


# -------------------------------------------------------------- vocabularies


def test_operations_are_matched_by_name() -> None:
    source = ranker().pretrain(chains("b", "d", "b", "d"), max_iter=1)
    cells, y = chains("a", "b", "c"), [1.0, 2.0, 3.0]
    here, fresh = (
        ranker(pretrained=p, pretrained_learning_rate=0, n_layers=4).fit(cells, y)
        for p in (source, None)
    )
    assert here.operations_ == ["a", "b", "c", "d"]  # d is known, though no label tells of it
    assert np.isfinite(here.predict(chains("d", "a"))).all()
    table = here.model_.encoder.op_embedding
    assert torch.equal(table[[1, 3]], weights(source)["op_embedding"])
    assert fresh.operations_ == ["a", "b", "c"]
    drawn = ranker(
        operations=[*"abcd"], max_iter=1, n_layers=4, learning_rate=1e-12, weight_decay=0.0
    )
    assert_allclose(
        table[[0, 2]].detach(),
        drawn.fit(cells, y).model_.encoder.op_embedding[[0, 2]].detach(),
        atol=1e-6,
    )


def test_named_operations_are_all_there_are() -> None:
    source = ranker().pretrain(chains("b", "d"), max_iter=1)
    fitted = ranker(pretrained=source, operations=["a", "b"])
    assert fitted.fit(chains("a", "b"), [0.0, 1.0]).operations_ == ["a", "b"]


def test_depth_and_inputs_are_the_sources() -> None:
    two = chain("a", "b", "a", "b")
    two.add_edge("other", 1, op="b")
    two.nodes["other"]["input"] = 1
    source = ranker().pretrain([two, *chains("a", "b")], max_iter=1)
    fitted = ranker(pretrained=source).fit(chains("a", "b"), [0.0, 1.0])
    assert fitted.n_layers_ == 4
    assert np.isfinite(fitted.predict([two])).all()


# ------------------------------------------------- sources and where they live


def test_clones_and_cross_validation_keep_the_source() -> None:
    for source in (FITTED, PRETRAINED, PRETRAINED.pretrained_):
        copy = clone(make_pipeline(ranker(pretrained=source)))[-1]
        assert copy.pretrained is source
        scores = cross_val_score(copy, CELLS, TARGETS, cv=2, error_score="raise")
        assert np.isfinite(scores).all()


def test_grids_choose_between_sources() -> None:
    """FITTED was fitted to noise; what is frozen, or a state, is not cloned."""
    candidates = [None, FrozenEstimator(FITTED), PRETRAINED.pretrained_]
    grid = {"pretrained": candidates, "pretrained_learning_rate": [0.1, 1.0]}
    search = GridSearchCV(ranker(), grid, cv=2, error_score="raise").fit(CELLS, TARGETS)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] == scores[1]  # a rate of nothing
    assert len(set(scores)) > 2


def test_saved_models_are_sources(tmp_path: Path) -> None:
    expected = ranker(pretrained=FITTED).fit(CELLS, TARGETS)
    save_model(FITTED, tmp_path / "source")
    for source in (load_model(tmp_path / "source"), pickle.loads(pickle.dumps(FITTED))):
        fitted = ranker(pretrained=source).fit(CELLS, TARGETS)
        assert_array_equal(fitted.predict(CELLS), expected.predict(CELLS))


@pytest.mark.parametrize("source", [FITTED, PRETRAINED, PRETRAINED.pretrained_])
def test_models_are_saved_with_their_source(tmp_path: Path, source: Any) -> None:
    fitted = ranker(pretrained=source).fit(CELLS, TARGETS)
    save_model(fitted, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert_array_equal(loaded.predict(CELLS), fitted.predict(CELLS))
    assert_array_equal(loaded.fit(CELLS, TARGETS).predict(CELLS), fitted.predict(CELLS))


# --------------------------------------------------------------------- errors


def test_source_without_data() -> None:
    message = "has seen no data. Call its fit or its pretrain first"
    with pytest.raises(NotFittedError, match=message):
        ranker(pretrained=ranker()).fit(CELLS, TARGETS)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"layer_dim": 8}, "layer_dim=16 and this one layer_dim=8"),
        ({"op_dim": 4}, "op_dim=8 and this one op_dim=4"),
        ({"node_dim": 4}, "node_dim=8 and this one node_dim=4"),
        ({"hidden_dim": 4}, "hidden_dim=8 and this one hidden_dim=4"),
        ({"n_layers": 5}, "n_layers=3 and this one n_layers=5"),
        ({"layer_bias": True}, "layer_bias=False and this one layer_bias=True"),
        ({"n_members": 2}, "n_members=1 and this one n_members=2"),
        ({"T": 1}, "T=2 and this one T=1, so that its weights do not fit. With T=1 there is no"),
    ],
)
def test_sizes_that_differ(changes: dict[str, Any], differs: str) -> None:
    message = f"The encoder of `pretrained` has {differs}"
    with pytest.raises(ValueError, match=re.escape(message)):
        ranker(pretrained=FITTED, **changes).fit(CELLS, TARGETS)


def test_more_passes_share_the_weights() -> None:
    fitted = ranker(pretrained=FITTED, T=4, s=0.5, pretrained_learning_rate=0).fit(CELLS, TARGETS)
    assert abs(fitted.transform(CELLS) - FITTED.transform(CELLS)).max() > 0


def test_zero_cost_that_differs() -> None:
    y = [0.0, 1.0, 2.0]
    source = ranker().pretrain(chains("a", "b", "a", zero_cost=2), max_iter=1)
    longer = ranker(pretrained=source)
    with pytest.raises(ValueError, match=r"n_zero_cost=2 and this one n_zero_cost=3.*of that"):
        longer.fit(chains("a", "b", "a", zero_cost=3), y)
    with pytest.raises(ValueError, match="symmetry_breaking='add' and this one symmetry_breaking="):
        longer.fit(chains("a", "b", "a"), y)
    longer.fit(chains("a", "b", "a", zero_cost=2), y)


def test_cells_that_differ() -> None:
    pairs = [(cell, cell) for cell in OTHERS]
    source = ranker().pretrain(pairs, np.zeros((60, 1)), max_iter=1)
    with pytest.raises(ValueError, match=r"n_cells=2 and this one n_cells=1.*of as many cells"):
        ranker(pretrained=source).fit(CELLS, TARGETS)


def test_no_source_at_all() -> None:
    with pytest.raises(ValueError, match="The 'pretrained' parameter of TAGATESRanker must be"):
        ranker(pretrained="nasbench201").fit(CELLS, TARGETS)


# ------------------------------------------------------------------- its worth


@pytest.mark.slow
def test_transfer_between_image_sets_is_worth_labels() -> None:
    """390 labels of CIFAR-10 help 39 of CIFAR-100, cells of the training half only."""
    nb201 = load_nasbench201(target=["cifar10", "cifar100"])
    gains = []
    for seed in range(3):
        rows = np.random.RandomState(seed).permutation(nb201.train_indices)
        few, many, test = rows[:39], rows[39:429], rows[429:]
        source = TAGATESRanker(random_state=seed).fit(nb201.dags[many], nb201.target[many, 0])
        tau = [
            kendall_tau(
                nb201.target[test, 1],
                TAGATESRanker(pretrained=start, random_state=seed)
                .fit(nb201.dags[few], nb201.target[few, 1])
                .predict(nb201.dags[test]),
            )
            for start in (None, source)
        ]
        gains.append(tau[1] - tau[0])
    assert np.mean(gains) > 0.02


def test_conditions_of_training_start_alike_from_a_source() -> None:
    known = [TrainingCondition([1.0, 0.5], augmentation=name, loss=name) for name in ("a", "b")]
    fitted = ranker(pretrained=PRETRAINED, pretrained_learning_rate=0.0, max_iter=1)
    fitted.fit(
        [*CELLS, *CELLS], np.tile(TARGETS, 2), conditions=np.repeat(known, len(CELLS)).tolist()
    )
    weights = fitted.model_.encoder.state_dict()
    embedding = weights["input_embedding"]
    assert torch.equal(embedding[0], embedding[1])
    assert torch.equal(embedding[:1], PRETRAINED.pretrained_.weights["input_embedding"])
    assert not weights["loss_shift"].any()
    again = ranker(pretrained=fitted, pretrained_learning_rate=0.0, max_iter=1).fit(CELLS, TARGETS)
    assert torch.equal(again.model_.encoder.op_embedding, fitted.model_.encoder.op_embedding)
