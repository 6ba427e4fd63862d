"""Model files that are damaged, forged or foreign, and savings that are cut short."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from tagates_sk.features.adjacency import Layout
from tagates_sk.model_files import ModelFileError, load_model, save_model
from tagates_sk.model_files.agreement import agrees
from tests.model_files.store import FOLDER
from tests.small import CELLS, TARGETS, ranker

from .model_files import forge, forged, parts

SLOW = pytest.mark.slow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small file."""
    tiny: dict[str, Any] = {
        "layer_dim": 2, "op_dim": 2, "node_dim": 2, "hidden_dim": 2, "head": (2,), "max_iter": 1,
    }  # fmt: skip
    file = tmp_path_factory.mktemp("models") / "model.safetensors"
    save_model(ranker(**tiny).fit(CELLS, TARGETS), file)
    return file.read_bytes()


class TestRefusedToLoad:
    def test_truncated(self, saved: bytes, path: Path) -> None:
        n = int.from_bytes(saved[:8], "little")
        for size in range(0, len(saved), 37):
            path.write_bytes(saved[:size])
            what = (
                "is no model file" if size < 9
                else "is truncated, or no model file: its header should have" if size < 8 + n
                else "is truncated: .* bytes of numbers are announced"
            )  # fmt: skip
            with pytest.raises(ModelFileError, match=what):
                load_model(path)

    def test_too_long(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved + b"0")
        with pytest.raises(ModelFileError, match=r"is too long: .* bytes of numbers are announced"):
            load_model(path)

    def test_any_bit(self, saved: bytes, path: Path) -> None:
        """One changed at a time; a space between two words of JSON is no change."""
        rng = np.random.RandomState(0)
        for position in rng.choice(len(saved), 300, replace=False):
            changed = bytearray(saved)
            changed[position] ^= 1 << rng.randint(8)
            path.write_bytes(changed)
            with pytest.raises(ModelFileError):
                load_model(path)

    def test_changed_numbers(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved[:-1] + bytes([saved[-1] ^ 1]))
        with pytest.raises(ModelFileError, match="was changed after it was saved: its SHA-256"):
            load_model(path)

    def test_changed_text(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved.replace(b"nor_conv_3x3", b"nor_conv_5x5"))
        with pytest.raises(ModelFileError, match="was changed after it was saved: its SHA-256"):
            load_model(path)

    def test_newer(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved.replace(b'"format_version": "2"', b'"format_version": "3"'))
        message = r"is in format 3, written by tagates_sk .*; this release reads format 2\. Upgrade"
        with pytest.raises(ModelFileError, match=message):
            load_model(path)

    @pytest.mark.parametrize("version", ["", "-1", "one", 1, "9" * 5000])
    def test_no_version(self, saved: bytes, path: Path, version: Any) -> None:
        path.write_bytes(saved)
        header, data = parts(path)
        header["__metadata__"]["format_version"] = version
        forge(path, header, data)
        with pytest.raises(ModelFileError, match="is damaged: its format version is"):
            load_model(path)

    def test_joblib_and_other_files(self, path: Path) -> None:
        message = "is no model file of tagates_sk: .* A file of joblib.dump is read by joblib.load"
        joblib.dump({"a": 1}, path)
        with pytest.raises(ModelFileError, match=message):
            load_model(path)
        for header in (b"{}", b"[]", b'{"__metadata__": {"format": "pt"}}', b"{" * 10**5, b"{x"):
            path.write_bytes(len(header).to_bytes(8, "little") + header)
            with pytest.raises(ModelFileError, match=message):
                load_model(path)

    def test_missing(self, path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            load_model(path)

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ({"dtype": "F32"}, "what it says of 'a' is no table"),
            ("text", "what it says of 'a' is no table"),
            ({"dtype": "O", "shape": [1], "data_offsets": [0, 8]}, "what it says of 'a' is no tab"),
            ({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "'a' does not lie where its"),
            ({"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}, "'a' does not lie where"),
            ({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}, "'a' does not lie where its"),
            ({"dtype": "F32", "shape": [0, 10**30], "data_offsets": [0, 0]}, "'a' does not lie"),
            ({"dtype": "F32", "shape": [10**4000] * 200, "data_offsets": [0, 0]}, "'a' does not"),
            ({"dtype": "F32", "shape": [1] * 40, "data_offsets": [0, 4]}, "'a' does not lie wher"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_tables(self, saved: bytes, path: Path, entry: Any, message: str) -> None:
        path.write_bytes(saved)
        header, data = parts(path)
        forge(path, {"__metadata__": header["__metadata__"], "a": entry}, data)
        with pytest.raises(ModelFileError, match=f"is damaged: {message}"):
            load_model(path)

    def test_metadata_that_are_no_text(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved)
        header, data = parts(path)
        header["__metadata__"]["document"] = [1]
        forge(path, header, data)
        with pytest.raises(ModelFileError, match="is damaged: its metadata are not all text"):
            load_model(path)


def network(document: dict[str, Any]) -> dict[str, Any]:
    """The network in the document of a ranker."""
    found: dict[str, Any] = document["state"]["encoders"]["object"]["state"]["network"]["object"]
    return found


def sizes(document: dict[str, Any]) -> dict[str, Any]:
    """What its model is built from."""
    found: dict[str, Any] = network(document)["state"]["model"]["object"]["state"]
    return found


class TestForged:
    """Files with a right checksum that say what no estimator says."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d.update({"class": "os.system"}),
            lambda d: d.update({"class": "Trie"}),
            lambda d: network(d)["state"].update(spec={"object": {"class": "Popen", "state": {}}}),
            lambda d: network(d)["state"].update(spec={"call": "os.system"}),
            lambda d: network(d)["state"].update(spec={"tensor": "nowhere"}),
            lambda d: network(d)["state"].update(spec={"a": 1, "b": 2}),
            lambda d: network(d)["state"].update(forward="print"),
            lambda d: network(d)["state"].pop("model"),
            lambda d: network(d)["state"].update(model=None),
            lambda d: network(d).pop("weights"),
            lambda d: network(d).update(weights="elsewhere."),
            lambda d: d["state"].pop("encoders"),
            lambda d: d["state"].update(encoders=None),
            lambda d: d["state"].update(encoders=d["params"]["variant"]),
            lambda d: d["state"]["encoders"]["object"]["state"].update(network=3),
            lambda d: d["state"].update(__class__="TAGATESRegressor"),
            lambda d: d["params"].update(depth=3),
            lambda d: d["state"].update(output={"dict": {"transform": 1}}),
            lambda d: d.update(more=1),
            lambda d: sizes(d)["encoder"]["object"]["state"].update(layer_dim=3),
            lambda d: sizes(d)["encoder"]["object"]["state"].update(layer_dim=10**9),
            lambda d: sizes(d).update(encoder=None),
        ],
    )
    def test_is_refused(self, change: Any, saved: bytes, path: Path) -> None:
        path.write_bytes(saved)
        forged(path, change)
        with pytest.raises(ModelFileError, match="does not describe a model that this release"):
            load_model(path)

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: sizes(d)["encoder"]["object"]["state"].update(T=10**9),
            lambda d: sizes(d)["encoder"]["object"]["state"].update(n_layers=10**6),
            lambda d: sizes(d)["encoder"]["object"]["state"].update(n_layers=True),
            lambda d: sizes(d)["encoder"]["object"]["state"].update(n_targets=10**6),
            lambda d: sizes(d).update(head=[10**9]),
            lambda d: sizes(d).update(head=[2] * 10**5),
            lambda d: network(d)["state"]["spec"]["object"]["state"].update(n_marks=10**9),
            lambda d: network(d)["state"]["spec"]["object"]["state"].update(aggregation="x"),
            lambda d: network(d)["state"].update(n_iter=10**30),
            lambda d: network(d)["state"].update(operations=["a"] * 9),
            lambda d: network(d)["state"].update(predict=1),
            lambda d: d["state"].update(predict=1),
            lambda d: d["params"].update(T=0),
            lambda d: d["params"].update(max_iter=10**30),
        ],
    )  # fmt: skip
    def test_numbers_are_bounded_before_anything_is_built(
        self, change: Any, saved: bytes, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def build(*args: Any) -> None:
            pytest.fail("a network is built of what nobody has checked")

        path.write_bytes(saved)
        forged(path, change)
        monkeypatch.setattr("tagates_sk.model_files.document.blank_model", build)
        with pytest.raises(ModelFileError, match="does not describe a model that this release"):
            load_model(path)

    @pytest.mark.parametrize(
        ("inputs", "n_inner", "holds"),
        [
            ([0, *[2] * 64], 3, True),
            ([0, *[2] * 64], 10**9, False),
            ([0, *[10**6] * 64], 3, False),
            ([0, *[2**62] * 64], 3, False),
            ([0, -(2**62), *[2] * 63], 3, False),
            ([0, 2, 1, *[2] * 62], 3, False),
            ([2] * 65, 3, False),
            ([0, 2], 3, False),
        ],
    )
    def test_places_of_nodes(self, inputs: list[int], n_inner: int, holds: bool) -> None:
        assert agrees(Layout(np.array(inputs), n_inner), 1000) is holds

    @pytest.mark.parametrize(
        ("stored", "place", "value"),
        [
            ("WeisfeilerLehman", ("iterations", 0, "object", "state", "before", "object", "state",
             "n_symbols"), 1),
            ("WeisfeilerLehman", ("n_cells",), 2**32),
            ("statistics_attributes", ("transformers", 1, "object", "state", "attributes",
             "object", "state", "mean"), {"tuple": []}),
            ("statistics_attributes", ("transformers", 2, "object", "state", "n_cells"), 2**32),
            ("statistics_attributes", ("transformers", 3, "object", "state", "n_cells"), 2**32),
            ("statistics_attributes", ("transformers", 3, "object", "state", "n_cells"), 2),
        ],
    )  # fmt: skip
    def test_statistics_are_bounded(
        self, stored: str, place: tuple[Any, ...], value: Any, path: Path
    ) -> None:
        """Each took seconds, hundreds of megabytes, or an error of another kind."""

        def change(document: Any) -> None:
            if stored == "WeisfeilerLehman":
                at = document["state"]["encoders"]["object"]["state"]["head_features"]
                at = at["object"]["state"]["transformer"]["object"]["state"]
            else:
                at = document["state"]["composition"]["object"]["state"]["statistics"]
                at = at["object"]["state"]
            for step in place[:-1]:
                at = at[step]
            assert place[-1] in at
            at[place[-1]] = value

        path.write_bytes((FOLDER / f"{stored}.safetensors").read_bytes())
        forged(path, change)
        with pytest.raises(ModelFileError, match="does not describe a model that this release"):
            load_model(path)

    def test_long_numbers(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved)
        header, data = parts(path)
        document = header["__metadata__"]["document"]
        for long in ("9" * 5000, "1e999", "NaN"):
            header["__metadata__"]["document"] = document.replace('"T": 2', f'"T": {long}', 1)
            forge(path, header, data)
            with pytest.raises(ModelFileError, match=r"is too large|is no number of JSON"):
                load_model(path)

    @pytest.mark.parametrize(
        ("seed", "n"), [(0, 120), *(pytest.param(s, 400, marks=SLOW) for s in range(26))]
    )
    def test_mutations(self, seed: int, n: int) -> None:
        """Refused, or a model that is what the file says, in bounded time and space."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.robustness.mutations", str(n), str(seed)],
            cwd=Path(__file__).parents[2], check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        outcomes = json.loads(done.stdout.splitlines()[-1])
        assert "fault" not in outcomes, done.stdout
        assert min(outcomes["refused"], outcomes["predicts"]) > n / 4

    def test_forging_works(self, saved: bytes, path: Path) -> None:
        """Else the tests above would show nothing."""
        path.write_bytes(saved)
        forged(path, lambda d: d["params"].update(s=7.0))
        assert load_model(path).get_params()["s"] == 7.0

    def test_deep_nesting(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved)
        header, data = parts(path)
        header["__metadata__"]["document"] = "[" * 10**5
        forge(path, header, data)
        with pytest.raises(ModelFileError, match="RecursionError"):
            load_model(path)


class TestAtomic:
    def test_a_write_that_fails_leaves_the_old_file(
        self, saved: bytes, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.write_bytes(saved)
        estimator = ranker().fit(CELLS, TARGETS)

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("tagates_sk._utils.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_model(estimator, path)
        assert path.read_bytes() == saved
        assert os.listdir(path.parent) == [path.name]

    def test_links_stay(self, saved: bytes, path: Path) -> None:
        path.write_bytes(saved)
        link = path.with_name("link")
        link.symlink_to(path)
        save_model(ranker().fit(CELLS, TARGETS), link)
        assert link.is_symlink()
        assert path.read_bytes() != saved

    def test_killed(self, path: Path) -> None:
        """Killed at random moments while two models take each other's place."""
        script = f"""
            import os, signal, time
            import numpy as np
            from tagates_sk.model_files import load_model, save_model
            from tests.small import CELLS, TARGETS, ranker

            path = {str(path)!r}
            models = [ranker(random_state=seed).fit(CELLS, TARGETS) for seed in (0, 1)]
            expected = [model.predict(CELLS).tobytes() for model in models]
            save_model(models[0], path)
            for delay in np.random.RandomState(0).uniform(0, 0.05, 6):
                before = os.stat(path).st_mtime_ns
                child = os.fork()
                if not child:
                    while True:
                        for model in reversed(models):
                            save_model(model, path)
                while os.stat(path).st_mtime_ns == before:
                    time.sleep(0.001)
                time.sleep(delay)
                os.kill(child, signal.SIGKILL)
                assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
                found = load_model(path, device="cpu").predict(CELLS).tobytes()
                print(expected.index(found))
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=Path(__file__).parents[2], check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert len(done.stdout.split()) == 6
        assert "1" in done.stdout.split()  # they did save
