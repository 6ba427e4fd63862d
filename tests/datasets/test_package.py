"""What comes with the package."""

import re
import subprocess
import sys
from importlib.resources import files

import numpy as np

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
            assert all(arrays[key].dtype.kind in "iuf" for key in arrays)
    assert total < 6e6


def test_import_needs_no_torch():
    code = "import sys, tagates_sk.datasets, tagates_sk.spaces; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
