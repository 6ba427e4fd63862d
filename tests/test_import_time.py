"""Importing the package costs nothing, and an estimator little more than what it stands on."""

import subprocess
import sys
from pathlib import Path

import pytest

IMPORTED = """
import sys
import torch, networkx, sklearn.ensemble, sklearn.gaussian_process, scipy.stats
stands_on = set(sys.modules)
from tagates_sk import TAGATESRanker
print(*sorted(set(sys.modules) - stands_on))
"""

TIMED = """
from time import process_time
start = process_time()
import torch, networkx, sklearn.ensemble, sklearn.gaussian_process, scipy.stats
between = process_time()
from tagates_sk import TAGATESRanker
print((process_time() - between) / (between - start))
"""

MODULES_ABOVE_TORCH = """
import sys, traceback

class Watch:
    def find_spec(name, *_):
        if name == "torch":
            print(sum(frame.name == "<module>" for frame in traceback.extract_stack()))
            sys.exit()

sys.meta_path.insert(0, Watch)
from tagates_sk import TAGATESRanker
"""

LOADS = """
import sys
from tagates_sk.model_files import load_model
for path in sys.argv[1:]:
    load_model(path)
print("torch._dynamo" in sys.modules)
"""

HEAVY = """
import sys
import tagates_sk
print(*{"torch", "sklearn", "networkx", "numpy"} & set(sys.modules))
"""


def output_of(program: str, *arguments: str) -> str:
    """What a program prints in an interpreter of its own."""
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_package_alone_imports_nothing_heavy() -> None:
    assert output_of(HEAVY).split() == []


def test_an_estimator_imports_nothing_else() -> None:
    """Beyond the parts of torch, networkx, scikit-learn and SciPy that it stands on."""
    new = output_of(IMPORTED).split()
    others = [name for name in new if name.split(".")[0] not in ("numpy", "tagates_sk")]
    assert others == []
    assert len(new) < 100


@pytest.mark.slow
def test_import_time() -> None:
    """At most 7% more than what it stands on, in the same process; the best of four."""
    output_of(TIMED)  # writes .pyc files, warms the disk cache
    shares = []
    for _ in range(4):
        shares.append(float(output_of(TIMED)))
        if shares[-1] <= 0.07:
            break
    assert min(shares) <= 0.07, shares


def test_torch_is_imported_from_near_the_top() -> None:
    """It walks the stack while it is imported: from deep inside that costs as much as we do."""
    assert int(output_of(MODULES_ABOVE_TORCH)) <= 3


def test_loading_a_model_does_not_import_the_compiler_of_torch() -> None:
    """Which takes longer than everything else in the first load."""
    stored = Path(__file__).parent / "model_files" / "stored"
    paths = sorted(map(str, stored.glob("*.safetensors")))
    assert len(paths) > 20
    assert output_of(LOADS, *paths).split() == ["False"]
