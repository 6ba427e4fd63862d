"""What is kept on disk is not used after the code has been edited."""

from __future__ import annotations

import importlib
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from torch import nn

from tagates_sk.zero_cost import ZeroCostProxies, evaluation, register_metric, register_operation
from tagates_sk.zero_cost.code_digest import code_digest

from .forms import TINY

MODULE = '''
from torch import nn

KERNEL = 5

class Block(nn.Module):
    """A block."""

    def __init__(self, channels, out):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1)

    def forward(self, x):
        return self.conv(x)

def with_block(channels, out, stride):
    return Block(channels, out)

def with_constant(channels, out, stride):
    return nn.Conv2d(channels, out, KERNEL, padding=KERNEL // 2)

def in_a_set(channels, out, stride):
    return nn.Conv2d(channels, out, 3 if stride in {1, 2, "a", "b"} else 1, padding=1)

def term(state):
    return state.weight.abs().sum()
'''
NAME = "operations_of_a_test"


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a module, and imports it as a new process would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(text: str) -> Any:
        (tmp_path / f"{NAME}.py").write_text(text)
        importlib.invalidate_caches()
        sys.modules.pop(NAME, None)
        monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())
        return importlib.import_module(NAME)

    yield load
    sys.modules.pop(NAME, None)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("with_block", "out, 3, padding=1", "out, 1"),
        ("with_constant", "KERNEL = 5", "KERNEL = 3"),
        ("in_a_set", "3 if stride", "5 if not stride"),
    ],
)
def test_an_edited_operation(function: str, old: str, new: str, load: Any, tmp_path: Path) -> None:
    cell = nx.DiGraph([(0, 1, {"op": "own"})])
    options: dict[str, Any] = {**TINY, "memory": str(tmp_path / "cache")}

    def parameters() -> float:
        return float(ZeroCostProxies(["parameters"], **options).fit_transform([cell])[0, 0])

    found = []
    for text in (MODULE, MODULE.replace(old, new)):
        register_operation("own", getattr(load(text), function), overwrite=True)
        found.append(parameters())
        options["memory"] = None
        evaluation._cache = evaluation._Cache()
        assert parameters() == found[-1]
        options["memory"] = str(tmp_path / "cache")
    assert found[0] != found[1]


def test_an_edited_metric(load: Any, tmp_path: Path) -> None:
    cell = nx.DiGraph([(0, 1, {"op": "nor_conv_1x1"})])
    found = []
    for text in (MODULE, MODULE.replace("weight.abs()", "weight.square()")):
        register_metric("own", load(text).term, overwrite=True)
        proxies = ZeroCostProxies(["own"], memory=str(tmp_path / "cache"), **TINY)
        found.append(float(proxies.fit_transform([cell])[0, 0]))
    assert found[0] != found[1]


def test_other_operations_do_not_matter(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has not been edited is not computed again, in whatever company it comes."""
    cells = [nx.DiGraph([(0, 1, {"op": op})]) for op in ("nor_conv_1x1", "own")]
    proxies = ZeroCostProxies(["parameters"], memory=str(tmp_path / "cache"), **TINY)
    register_operation("own", load(MODULE).with_block, overwrite=True)
    proxies.fit_transform(cells)
    edited = load(MODULE.replace("out, 3, padding=1", "out, 1"))
    register_operation("own", edited.with_block, overwrite=True)
    built = []
    build = evaluation.network_from_packed

    def counting(*args: Any) -> Any:
        built.append(args)
        return build(*args)

    monkeypatch.setattr(evaluation, "network_from_packed", counting)
    proxies.fit_transform(cells[:1])
    assert built == []
    proxies.fit_transform(cells)
    assert len(built) == 1


def test_the_digest_is_that_of_every_process(load: Any, tmp_path: Path) -> None:
    module = load(MODULE)
    here = [code_digest(getattr(module, name)) for name in ("with_block", "in_a_set", "Block")]
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {NAME} as m\n"
        "from tagates_sk.zero_cost.code_digest import code_digest\n"
        "print(*map(code_digest, (m.with_block, m.in_a_set, m.Block)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.split() == here


def test_all_kinds_of_callables() -> None:
    class Factory:
        def __init__(self, kernel: int) -> None:
            self.kernel = kernel

        def __call__(self, *_: int) -> nn.Module:
            return nn.Identity()

    def function(kernel: int = 3, *, bias: bool = True) -> None: ...

    things = [
        None, np.sqrt, len, nn.Identity, nn.ReLU, function, partial(function, 3),
        partial(function, kernel=5), Factory, Factory(1), Factory(1).__call__, lambda *_: 1,
        lambda *_: 2,
    ]  # fmt: skip
    assert len({code_digest(thing) for thing in things}) == len(things)
    assert code_digest(partial(function, 3)) == code_digest(partial(function, 3))
