"""Files that were written before: they load, and predict what they did then."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tagates_sk.model_files import ModelFileError, load_model
from tagates_sk.model_files.fields import CLASSES, ESTIMATORS
from tests.robustness.model_files import forge, parts

from .store import FOLDER, PREDICTIONS, predicted

NAMES = sorted(path.stem for path in FOLDER.glob("*.safetensors"))


@pytest.mark.parametrize("name", NAMES)
def test_predicts_what_it_did(name: str) -> None:
    loaded: Any = load_model(FOLDER / f"{name}.safetensors", device="cpu")
    with np.load(PREDICTIONS) as then:
        assert_allclose(predicted(name, loaded), then[name], rtol=1e-5, atol=1e-5)


def classes(value: Any) -> set[str]:
    """Names of the classes in a document."""
    if isinstance(value, list):
        return set().union(*map(classes, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {value["class"]} if "class" in value and "state" in value else set()
    return own.union(*map(classes, value.values()))


def test_there_is_one_of_every_class() -> None:
    with np.load(PREDICTIONS) as then:
        assert sorted(then) == NAMES
    found, saved = set(), set()
    for name in NAMES:
        header, _ = parts(FOLDER / f"{name}.safetensors")
        document = json.loads(header["__metadata__"]["document"])
        saved.add(document["class"])
        found |= classes(document)
    assert saved == {cls.__name__ for cls in ESTIMATORS}
    assert found == set(CLASSES)


@pytest.mark.parametrize("name", NAMES)
def test_is_small(name: str) -> None:
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 120_000


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1", "is in format 1, which no release of tagates_sk wrote; this one reads format 2. Save "
              "the model again."),
        ("3", "this release reads format 2. Upgrade tagates_sk to load it."),
    ],
)  # fmt: skip
def test_other_formats(version: str, message: str, tmp_path: Path) -> None:
    header, data = parts(FOLDER / "TAGATESRanker.safetensors")
    header["__metadata__"]["format_version"] = version
    forge(tmp_path / "model", header, data)
    with pytest.raises(ModelFileError, match=re.escape(message)):
        load_model(tmp_path / "model")
