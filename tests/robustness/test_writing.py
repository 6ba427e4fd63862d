"""Everything that replaces a file: at once, where there is a file, and nowhere else."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tagates_sk.inspection import export_html
from tagates_sk.model_files import save_model
from tagates_sk.search import PredictorSearch
from tagates_sk.spaces import NASBench201
from tests.small import CELLS, TARGETS, ranker

RANKER = ranker(max_iter=1).fit(CELLS, TARGETS)
SEARCH = PredictorSearch(NASBench201(), ranker(), n_initial=4, random_state=0)

Write = Callable[[Path], object]


@pytest.fixture(params=["model", "search", "page"])
def write(request: pytest.FixtureRequest) -> Write:
    """Writes something to a path."""
    ways: dict[str, Write] = {
        "model": lambda path: save_model(RANKER, path),
        "search": SEARCH.save,
        "page": lambda path: export_html(CELLS[:2], [0.0, 1.0], path),
    }
    return ways[request.param]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_stays_one(write: Write, linked: bool, tmp_path: Path) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with pytest.raises(FileExistsError, match="Is a pipe, device or socket; give the name of a fi"):
        write(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert path.is_symlink() == linked
    assert len(os.listdir(tmp_path)) == 1 + linked


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs POSIX")
def test_a_socket_stays_one(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("s")
        with pytest.raises(FileExistsError, match="Is a pipe, device or socket"):
            write(Path("s"))
        assert stat.S_ISSOCK(os.stat("s").st_mode)


def test_a_folder_stays_one(write: Write, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="Is a folder; give the name of a file"):
        write(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_keeps_its_mode(write: Write, tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    write(link)
    assert path.read_bytes() != b"old"
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_mode(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "new")
    (tmp_path / "usual").write_bytes(b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "usual")}
    assert len(modes) == 1


def test_what_a_user_may_not_write_stays(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(PermissionError):
        write(path)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs root")
def test_a_folder_in_which_a_user_may_not_write(write: Write, tmp_path: Path) -> None:
    """Root may write everywhere: for this time somebody else does."""
    tmp_path.chmod(0o555)
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError, match=r"Permission denied: '.*file"):
            write(tmp_path / "file")
    finally:
        os.seteuid(0)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tagates_sk._utils.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
