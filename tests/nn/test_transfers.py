"""A step of training waits for no device, and tables of a batch are moved once.

On the meta device, which has no numbers: whatever reads one raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tagates_sk import TrainingCondition
from tagates_sk.graphs.architectures import join
from tagates_sk.nn.tables import GraphBatches
from tagates_sk.training import network, trainer
from tests.baselines.estimators import NEURAL, small
from tests.small import CELLS, TARGETS, ranker, regressor

from .encoding import Encoded, Variant
from .test_algorithm1 import CORNERS, ZERO_COST

META = torch.device("meta")
READ = "Cannot copy out of meta tensor"
CURVES = np.column_stack([-TARGETS, TARGETS, TARGETS**2]).astype(float)
CURVES[::3, 2] = np.nan


class Moved(TorchDispatchMode):
    """Counts copies from the CPU to the meta device, those that may wait apart."""

    def __init__(self) -> None:
        super().__init__()
        self.n = self.n_waiting = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        source, waits = None, False
        if func is torch.ops.aten._to_copy.default:
            source, waits = args[0], not kwargs.get("non_blocking", False)
        elif func is torch.ops.aten.copy_.default:
            source, waits = args[1], not (len(args) > 2 and args[2])
        if source is not None and source.device.type == "cpu" and out.device == META:
            self.n += 1
            self.n_waiting += waits
        return out


def tensors(value: Any) -> list[torch.Tensor]:
    """All in a batch."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [t for item in value for t in tensors(item)]
    if is_dataclass(value):
        return [t for field in fields(value) for t in tensors(getattr(value, field.name))]
    return []


VARIANTS = [
    Variant(3),
    Variant(3, "add", "node", readout="mean", self_loops=True, terminal_operations=True),
    Variant(3, "concat", "node", layer_bias=True, aggregation="mixed"),
    Variant(2, propagation="asynchronous", update="node"),
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_tables_are_moved_once(variant: Variant) -> None:
    cells = join([[cell] for cell in CORNERS.values()])
    setup = Encoded(cells, variant, zero_cost=ZERO_COST)
    encoder = setup.encoder.to(META)
    with Moved() as made:
        batch = GraphBatches(setup.packed, setup.spec, META, np.float64)(np.arange(len(CORNERS)))
    n_tables = len({t.untyped_storage()._cdata for t in tensors(batch)})
    # Asynchronous ones are cut from tables of all levels, of which some are not needed then.
    assert 10 < n_tables <= made.n <= n_tables + (15 if batch.rounds is None else 0)
    assert made.n_waiting == 0
    with Moved() as used:
        encoder(batch, None).architectures.sum().backward()
    assert used.n == 0


ESTIMATORS: dict[str, tuple[Callable[..., Any], Any]] = {
    **{cls.__name__: (partial(small, cls, dropout=0.2), TARGETS) for cls in NEURAL},
    "random": (partial(ranker, symmetry_breaking="random", n_members=2, dropout=0.2), TARGETS),
    "asynchronous": (partial(ranker, propagation="asynchronous", n_members=2), TARGETS),
    "max_pairs": (partial(ranker, max_pairs=20), TARGETS),
    "listmle": (partial(ranker, loss="listmle"), TARGETS),
    "regressor": (partial(regressor, T=3), TARGETS),
    "several targets": (partial(regressor, T=3), CURVES),
    "conditions": (regressor, TARGETS),
    "nodes, mean": (
        partial(ranker, update="node", readout="mean", aggregation="mixed", n_members=2), TARGETS
    ),
}  # fmt: skip
OTHERS: dict[str, dict[str, Any]] = {
    "SemiNASRanker": {"X_unlabeled": CELLS[:7]},
    "conditions": {
        "conditions": [TrainingCondition([0.1] * n, augmentation=str(n)) for n in (4, 2)] * 20
    },
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_step_waits_for_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first number that a fit reads is the loss of a whole epoch."""
    make, y = ESTIMATORS[name]
    n_steps = 0

    def optimizer(model: torch.nn.Module, options: Any) -> torch.optim.Optimizer:
        # The fused one is not for the meta device.
        adam = torch.optim.AdamW(p for p in model.parameters() if p.requires_grad)

        def count(*_: Any) -> None:
            nonlocal n_steps
            n_steps += 1

        adam.register_step_post_hook(count)
        return adam

    monkeypatch.setattr(network, "resolve_device", lambda *_: META)
    monkeypatch.setattr(trainer, "_optimizer", optimizer)
    waiting = []
    for batch_size in (40, 20):
        with Moved() as moved, pytest.raises(NotImplementedError, match=READ):
            make(batch_size=batch_size).fit(CELLS, y, **OTHERS.get(name, {}))
        waiting.append(moved.n_waiting)
    assert n_steps == 1 + 2
    assert waiting[0] == waiting[1]  # what moves before the first step


def test_tables_for_validation_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 0
    make_tables = GraphBatches.__call__

    def counted(self: GraphBatches, rows: Any) -> Any:
        nonlocal n
        n += 1
        return make_tables(self, rows)

    monkeypatch.setattr(GraphBatches, "__call__", counted)
    made = []
    for max_iter in (2, 5):
        n = 0
        ranker(early_stopping=True, max_iter=max_iter, batch_size=40).fit(CELLS, TARGETS)
        made.append(n)
    assert made[1] - made[0] == 3  # one for the step of each epoch
