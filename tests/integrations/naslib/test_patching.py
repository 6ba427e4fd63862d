"""Names that newer libraries have dropped come back, for this process only."""

import subprocess
import sys

FAULTS = """
import warnings
warnings.simplefilter("error")


def broken():
    # What NASLib does on import, and in its evaluator.
    found = []
    for line in [
        "from collections import Iterable",
        "import numpy as np; np.array([1.5]).astype(np.int)",
        "import numpy as np; np.array([1]).astype(np.float)",
        "import networkx as nx; nx.to_numpy_matrix(nx.path_graph(2))",
        "from sklearn import metrics; "
        "assert metrics.mean_squared_error([0.0, 0.0], [3.0, 3.0], squared=False) == 3.0",
    ]:
        try:
            exec(line)
        except Exception as error:
            found.append(type(error).__name__)
    return found


print(broken())
from tagates_sk.integrations.naslib import patch
before = broken()
names = patch()
print(before == broken(), broken(), len(names) > 5, patch())
import collections, collections.abc
print(collections.Iterable is collections.abc.Iterable)
from sklearn import metrics
print(metrics.mean_squared_error([0.0, 0.0], [3.0, 3.0]))
"""


def test_what_naslib_does_works_after_patch() -> None:
    command = [sys.executable, "-c", FAULTS]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines == [
        "['ImportError', 'AttributeError', 'AttributeError', 'AttributeError', 'TypeError']",
        "False [] True []",
        "True",
        "9.0",
    ]
