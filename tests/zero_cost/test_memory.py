"""Networks that would take too much memory are refused before they are built."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import sklearn

from tagates_sk import InvalidArchitectureError
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency, memory, transformer
from tests.robustness.memory import cell

from .forms import CELLS, TINY


def refused(work: Any) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        work()
    assert len(str(caught.value)) <= 300
    return str(caught.value)


@pytest.mark.parametrize("kind", [ZeroCostSaliency, ZeroCostProxies])
def test_200_000_edges(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is built."""
    fitted = kind(random_state=0).fit(CELLS[:1])
    for name in ("evaluate", "forms_of"):
        monkeypatch.setattr(transformer, name, None)
    large = cell(700, 200_000, 0)
    start = time.process_time()
    said = refused(lambda: fitted.transform([large]))
    assert time.process_time() - start < 5
    assert said.startswith("X[0] has 700 operations and 200,000 edges; its untrained network would")
    assert "A smaller batch_size, image_size or stem_channels needs less." in said


def test_the_working_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "WORKING_MEMORIES", 1e-3)
    small = ZeroCostSaliency(**{**TINY, "image_size": 32}).fit(CELLS[:1])
    with sklearn.config_context(working_memory=100):
        said = refused(lambda: small.transform(CELLS))
    needed = int(said.split("working_memory=")[1].split(")")[0])
    assert needed > 100
    with sklearn.config_context(working_memory=needed):
        assert len(small.transform(CELLS[:1])) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"image_size": 10**5}, {"batch_size": 10**9}, {"stem_channels": 10**6},
        {"cells_per_stage": 10**6}, {"n_stages": 10**9}, {"image_size": 10**200},
        {"skeleton": "macro", "image_size": 10**5},
    ],
)  # fmt: skip
def test_settings_that_no_machine_has_memory_for(changes: dict[str, Any]) -> None:
    said = refused(lambda: ZeroCostSaliency(**{**TINY, **changes}).fit(CELLS[:1]))
    assert "MB" in said


def test_images_of_the_users() -> None:
    """Count, and not the size of random ones."""
    data: dict[str, Any] = {"images": np.ones((2, 3, 4, 4)), "labels": [0, 1]}
    ZeroCostSaliency(**{**TINY, "image_size": 10**5, **data}).fit(CELLS[:1])


def test_the_published_network_fits() -> None:
    """Of NAS-Bench-201: 15 cells, 16 channels, images of 32 x 32."""
    packed = transformer.read_architectures(CELLS)
    config = transformer.NetworkConfig(stem_channels=16, cells_per_stage=5)
    memory.check_memory(packed, config, (64, 32, 32))
