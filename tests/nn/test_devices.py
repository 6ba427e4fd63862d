"""Everything is on the device that is asked for, and missing devices are named."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from tagates_sk.baselines import GCNRanker
from tagates_sk.graphs.architectures import join
from tagates_sk.nn.devices import resolve_device
from tagates_sk.nn.tables import GraphBatches
from tagates_sk.zero_cost import ZeroCostProxies
from tests.baselines.estimators import small as small_baseline
from tests.small import CELLS, TARGETS, ranker
from tests.zero_cost.forms import TINY

from .encoding import Encoded, Variant
from .test_algorithm1 import CORNERS, ZERO_COST

META = torch.device("meta")


def tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from tensors(item)


@pytest.mark.parametrize(
    "variant",
    [
        Variant(3),
        Variant(3, "add", "node", readout="mean", self_loops=True, terminal_operations=True),
        Variant(3, "concat", "node", layer_bias=True),
        Variant(3, "random", n_layers=1, stop_gradient=()),
    ],
    ids=lambda variant: variant.symmetry_breaking,
)
def test_all_tensors_are_on_the_device(variant: Variant) -> None:
    """On the meta device, which refuses to meet tensors of the CPU."""
    # Of both kinds, which no list may have.
    cells = join([[cell] for cell in CORNERS.values()])
    setup = Encoded(cells, variant, zero_cost=ZERO_COST)
    rows = np.arange(len(CORNERS))
    batch = GraphBatches(setup.packed, setup.spec, META, np.float64)(rows)
    found = [t for field in fields(batch) for t in tensors(getattr(batch, field.name))]
    assert len(found) > 10
    assert {t.device for t in found} == {META}

    noise = None
    if variant.symmetry_breaking == "random":
        noise = torch.empty(batch.n_gated, 3, dtype=torch.float64, device=META)
    encoder = setup.encoder.to(META)
    out = encoder(batch, noise)
    assert out.operations is not None
    assert {t.device for t in (out.architectures, out.operations)} == {META}
    out.architectures.sum().backward()
    grads = [p.grad for p in encoder.parameters() if p.requires_grad]
    assert {g.device for g in grads if g is not None} == {META}


def available(monkeypatch: pytest.MonkeyPatch, *, cuda: int = 0, mps: bool = False) -> None:
    """As if there were so many GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(("cuda", "chosen"), [(0, "cpu"), (1, "cuda")])
def test_auto(monkeypatch: pytest.MonkeyPatch, cuda: int, chosen: str) -> None:
    available(monkeypatch, cuda=cuda)
    assert resolve_device("auto") == torch.device(chosen)


def test_a_device_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    available(monkeypatch, cuda=2, mps=True)
    for device in ("cpu", "cuda", "cuda:0", "mps", "mps:0", torch.device("cuda", 1)):
        assert resolve_device(device) == torch.device(device)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps", torch.device("cuda:1")], ids=str)
def test_a_missing_device(monkeypatch: pytest.MonkeyPatch, device: Any) -> None:
    available(monkeypatch)
    message = f"device='{device}' is not available on this machine. Use device='auto' or 'cpu'."
    with pytest.raises(ValueError, match=message):
        resolve_device(device)
    with pytest.warns(UserWarning, match=f"fitted with device='{device}', which this machine does"):
        assert resolve_device(device, fallback=True) == torch.device("cpu")


@pytest.mark.parametrize(("device", "last"), [("cuda:7", "cuda:1"), ("mps:1", "mps:0")])
def test_a_number_beyond_the_last_device(
    monkeypatch: pytest.MonkeyPatch, device: str, last: str
) -> None:
    available(monkeypatch, cuda=2, mps=True)
    message = f"device='{device}' is not available on this machine: its last one is '{last}'. Use"
    with pytest.raises(ValueError, match=message):
        resolve_device(device)
    with pytest.warns(UserWarning, match=f"fitted with device='{device}', which this machine does"):
        assert resolve_device(device, fallback=True) == torch.device("cpu")


def test_what_ends_the_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    available(monkeypatch)
    fitted = ranker(device="auto").fit(CELLS, TARGETS)
    fitted.network_.device = "cuda"  # pickled as if it were there
    with pytest.warns(UserWarning, match="Pickled again here, it loads without this warning"):
        loaded = pickle.loads(pickle.dumps(fitted))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(loaded))


def test_no_device_at_all() -> None:
    with pytest.raises(ValueError, match="device='toaster' is no device that torch knows"):
        resolve_device("toaster")


@pytest.mark.parametrize("device", ["gpu", "cuda:first", "cuda:-1", "cuda0", "", "x" * 1000])
def test_a_misspelt_device(device: str) -> None:
    with pytest.raises(ValueError, match=r"is no device that torch knows\. Use 'auto'") as caught:
        resolve_device(device)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("device", ["meta", "xla", "vulkan", "xpu"])
def test_a_device_without_numbers(device: str) -> None:
    with pytest.raises(ValueError, match=f"device='{device}' is not available on this machine"):
        resolve_device(device)


@pytest.mark.parametrize(("build", "says"), [(None, True), ("12.4", False)])
def test_a_build_without_cuda(
    monkeypatch: pytest.MonkeyPatch, build: str | None, says: bool
) -> None:
    available(monkeypatch)
    monkeypatch.setattr(torch.version, "cuda", build)
    with pytest.raises(ValueError, match="not available") as caught:
        resolve_device("cuda:1")
    assert ("a build without CUDA" in str(caught.value)) == says


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "gpu"])
def test_estimators_name_the_device(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    available(monkeypatch)
    for estimator in (
        ranker(device=device),
        small_baseline(GCNRanker, device=device),
        ranker(device=device, members="all"),
    ):
        with pytest.raises(ValueError, match=f"device='{device}' is no"):
            estimator.fit(CELLS, TARGETS)
    with pytest.raises(ValueError, match=f"device='{device}' is no"):
        ranker(device=device).pretrain(CELLS)
    with pytest.raises(ValueError, match=f"device='{device}' is no"):
        ZeroCostProxies(**TINY, device=device).fit(CELLS).transform(CELLS)
