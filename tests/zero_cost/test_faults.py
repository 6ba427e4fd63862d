"""What goes wrong on machines: workers that are killed, caches that are broken or full."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from joblib import numpy_pickle

from tagates_sk.spaces import NASBench201
from tagates_sk.zero_cost import ZeroCostProxies, ZeroCostSaliency, evaluation, register_metric
from tagates_sk.zero_cost.saliency import WeightState

from .forms import TINY

X = NASBench201().sample(6, random_state=1)
FLAG = "TAGATES_TEST_KILL"


@pytest.fixture(autouse=True)
def _no_results_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_cache", evaluation._Cache())


def raw(**options: Any) -> np.ndarray:
    found = ZeroCostSaliency(**TINY, metrics=["l2_norm"], **options).fit(X).raw_saliencies(X)
    return np.concatenate(found)


def deadly(state: WeightState) -> Any:
    """Kills its process while a file exists, and lets nobody else meet it again."""
    path = Path(os.environ[FLAG])
    if path.exists():
        path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return state.weight.abs().sum()


@pytest.mark.parametrize("memory", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_killed_worker(memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends with advice; the next run ends with the right numbers."""
    register_metric("deadly", deadly, overwrite=True)
    flag = tmp_path / "flag"
    monkeypatch.setenv(FLAG, str(flag))
    options: dict[str, Any] = {"metrics": ["deadly"], **TINY}
    if memory:
        options["memory"] = str(tmp_path / "cache")
    undisturbed = ZeroCostSaliency(**options | {"memory": None}).fit(X).raw_saliencies(X)
    forget(monkeypatch)
    flag.touch()
    joblib.externals.loky.get_reusable_executor(kill_workers=True).shutdown()
    kept = "what was computed is in memory=" if memory else "set memory= to a folder"
    with pytest.raises(RuntimeError, match="A worker process was killed.*" + re.escape(kept)):
        ZeroCostSaliency(**options, n_jobs=2).fit(X).raw_saliencies(X)
    again = ZeroCostSaliency(**options, n_jobs=2).fit(X).raw_saliencies(X)
    for a, b in zip(undisturbed, again, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("content", [b"", b"not a pickle", None], ids=["empty", "noise", "cut"])
def test_a_corrupt_cache_entry(
    content: bytes | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Is computed again, and joblib's log says so."""
    right = raw(memory=str(tmp_path))
    entries = sorted(tmp_path.rglob("output.pkl"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:40] if content is None else content)
    forget(monkeypatch)
    again = raw(memory=str(tmp_path))
    assert "Exception while loading results" in caplog.text
    assert np.array_equal(right, again)


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_byte_that_changed(
    n_jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Wherever it is, in the numbers also: computed again, said, and right the next time."""
    right = raw(memory=str(tmp_path))
    entry, *_ = sorted(tmp_path.rglob("output.pkl"))
    size, said = entry.stat().st_size, 0
    for position in range(0, size, 11 if n_jobs == 1 else size // 14):
        flip(entry, position)
        for _ in range(2):
            forget(monkeypatch)
            recwarn.clear()
            assert np.array_equal(right, raw(memory=str(tmp_path), n_jobs=n_jobs)), position
            texts = [str(warning.message) for warning in recwarn]
            said += sum("1 of 6 results in memory= were not what" in text for text in texts)
        assert not texts
    assert said > 0


def test_a_disk_that_changes_all_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = raw(memory=str(tmp_path))
    load = numpy_pickle.load

    def changed(*args: Any, **kwargs: Any) -> Any:
        result, digest = load(*args, **kwargs)
        return result + 1, digest

    forget(monkeypatch)
    monkeypatch.setattr(numpy_pickle, "load", changed)
    with pytest.warns(UserWarning, match="were not what had been written"):
        assert np.array_equal(right, raw(memory=str(tmp_path)))


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps nothing and loses nothing, with a warning."""
    right = raw()
    forget(monkeypatch)

    def no_space(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(numpy_pickle, "dump", no_space)
    with pytest.warns(Warning, match="Unable to cache to disk.*No space left"):
        again = raw(memory=str(tmp_path))
    assert np.array_equal(right, again)


needs_root = pytest.mark.skipif(
    not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs root"
)


@contextmanager
def somebody_else() -> Iterator[None]:
    """Root may write everywhere: for this time somebody else works."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody can read, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@needs_root
def test_a_read_only_folder(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it is read; the rest is computed, with a warning, and leaves nothing."""
    right = raw()
    forget(monkeypatch)
    options: dict[str, Any] = {**TINY, "metrics": ["l2_norm"], "memory": str(shared)}
    ZeroCostSaliency(**options).fit(X[:4])
    entries = sorted(shared.rglob("*"))
    corrupt, *_ = sorted(shared.rglob("output.pkl"))
    result, digest = numpy_pickle.load(corrupt)
    numpy_pickle.dump((result + 1, digest), corrupt)
    forget(monkeypatch)
    with somebody_else(), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        again = raw(memory=str(shared))
    assert np.array_equal(right, again)
    texts = [str(warning.message) for warning in said]
    assert sum("Unable to cache to disk" in t and "Permission denied" in t for t in texts) == 2
    assert any("1 of 6 results in memory= were not what had been written" in t for t in texts)
    assert sorted(shared.rglob("*")) == entries


@needs_root
@pytest.mark.parametrize("kind", [ZeroCostSaliency, ZeroCostProxies])
def test_a_new_folder_where_a_user_may_not_write(kind: Any, shared: Path) -> None:
    message = r"memory= cannot be used \(Permission denied\): expected a folder that you may write"
    with somebody_else(), pytest.raises(PermissionError, match=message):
        kind(**TINY, memory=str(shared)).fit(X[:2]).transform(X[:2])
    assert os.listdir(shared) == []
