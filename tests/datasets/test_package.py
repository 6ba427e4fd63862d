"""What comes with the package."""

import re
from importlib.resources import files

import numpy as np
import pytest

DATA = files("tagates_sk.datasets") / "data"


def test_files_are_small_listed_and_free_of_pickles():
    names = sorted(file.name for file in DATA.iterdir() if file.name.endswith(".npz"))
    listed = re.findall(r"`(\w+\.npz)`: |^\| `(\w+\.npz)`", (DATA / "README.md").read_text(), re.M)
    assert sorted(filter(None, (a or b for a, b in listed))) == names
    total = 0
    for name in names:
        content = (DATA / name).read_bytes()
        total += len(content)
        with (DATA / name).open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            assert all(arrays[key].dtype.kind in "iufU" for key in arrays)
    assert total < 8e6


IMPORTS = re.compile(r"^\s*(?:import|from)\s+torch\b", re.M)


@pytest.mark.parametrize("folder", ["graphs", "spaces", "datasets", "features", "baselines"])
def test_torch_stays_behind_its_door(folder):
    for file in (files("tagates_sk") / folder).iterdir():
        if file.name.endswith(".py"):
            assert not IMPORTS.search(file.read_text()), file.name
    assert IMPORTS.search((files("tagates_sk") / "nn" / "encoder.py").read_text())
