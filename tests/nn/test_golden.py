"""The encoder reproduces the published model's numbers: forward, loss and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tagates_sk.graphs import read_architectures
from tagates_sk.graphs.operations import updated_mask
from tagates_sk.nn.tables import BatchSpec, GraphBatches, batch_spec
from tests.nn.golden import NAMES, Golden


def encode(
    golden: Golden, model: torch.nn.ModuleDict, prune: bool, device: str = "cpu"
) -> torch.Tensor:
    packed = read_architectures(golden.dags, prune=prune).with_vocabulary(golden.vocabulary)
    oon = golden.space == "nb101"
    spec: BatchSpec = batch_spec(
        golden.config,
        golden.vocabulary,
        updated_mask(golden.vocabulary, "all" if oon else "parametrized"),
        self_loops=oon,
        residual=True,
        update_terminals=oon,
    )
    dtype = str(golden.dtype).removeprefix("torch.")
    batch = GraphBatches(packed, spec, device, dtype)(np.arange(32))
    encoding = model["encoder"](batch).architectures
    if oon:  # the published mean divides by all six places, absent vertices included
        assert batch.readout_count is not None
        encoding = encoding * batch.readout_count / 6
    return encoding


def rounding(golden: Golden, exact: torch.Tensor, prune: bool = False) -> np.ndarray:
    """How far one float32 rounding of every weight moves each encoding.

    Some architectures of the files amplify a rounding several hundred times (their operation
    embeddings grow large over the time steps), so the published float32 numbers themselves are
    known no better than this.
    """
    generator = torch.Generator().manual_seed(0)
    moved = torch.zeros(len(exact), dtype=exact.dtype)
    for _ in range(4):
        model = golden.model()
        with torch.no_grad():
            for p in model.parameters():
                p *= 1 + 2**-24 * (2 * torch.rand(p.shape, generator=generator) - 1)
            moved = torch.maximum(moved, (encode(golden, model, prune) - exact).abs().amax(dim=1))
    return moved.numpy()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_published_numbers(name: str, dtype: torch.dtype) -> None:
    check_published_numbers(name, dtype, "cpu")


def check_published_numbers(name: str, dtype: torch.dtype, device: str) -> None:
    """Compare encodings, scores, loss and gradients."""
    golden = Golden(name, dtype)
    model = golden.model().to(device)
    encoding = encode(golden, model, False, device)
    score = model["head"](encoding)[:, 0].cpu()
    encoding = encoding.cpu()
    a = golden.arrays
    reference = Golden(name)
    with torch.no_grad():
        exact = encode(reference, reference.model(), prune=False)
    largest = np.abs(a["emb"]).max()
    noise = 4 * rounding(reference, exact) / largest
    assert np.median(noise) < 1e-6  # most rows are checked far more sharply than 1e-5
    error = np.abs(encoding.detach().numpy() - a["emb"]).max(axis=1) / largest
    assert (error < 1e-5 + noise).all()
    error = np.abs(score.detach().numpy() - a["score"]) / np.abs(a["score"]).max()
    assert (error < 1e-5 + noise).all()

    sign = torch.from_numpy(np.where(a["better"], 1.0, -1.0)).to(dtype)
    loss = (0.1 - sign * (score[a["pair2"]] - score[a["pair1"]])).clamp(min=0).mean()
    slack = 2 * noise.mean() * np.abs(a["score"]).max()
    assert abs(loss.item() - a["loss"]) < 1e-5 * abs(a["loss"]) + slack

    loss.backward()
    expected = golden.gradients()
    ours = dict(model.named_parameters())
    assert set(ours) <= set(expected)
    for key, parameter in ours.items():
        grad = np.zeros(parameter.shape) if parameter.grad is None else parameter.grad.cpu().numpy()
        scale = np.abs(expected[key]).max()
        assert np.abs(grad - expected[key]).max() <= 5e-3 * scale, key


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("nb101")])
def test_pruning_changes_no_edge_cell(name: str) -> None:
    """What lies on no path carries nothing where the network is as deep as the graph."""
    golden = Golden(name)
    model = golden.model()
    with torch.no_grad():
        whole, pruned = (encode(golden, model, prune=p) for p in (False, True))
    torch.testing.assert_close(whole, pruned, rtol=1e-9, atol=1e-12)
