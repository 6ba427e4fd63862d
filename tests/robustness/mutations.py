"""Model files that somebody has changed on purpose, with a checksum that fits.

``python -m tests.robustness.mutations N SEED`` loads N of them.
"""

from __future__ import annotations

import copy
import json
import resource
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np
import torch

from tagates_sk.model_files import ModelFileError, load_model
from tagates_sk.model_files.document import Writer
from tagates_sk.model_files.fields import CLASSES
from tests.model_files.store import FOLDER, seen

from .model_files import forge, parts

SECONDS = 2.0
MEGABYTES = 300.0
LATER = {name for _, fields in CLASSES.values() for name in fields.later}

NUMBERS: list[Any] = [
    0, 1, 2, 3, 7, 64, 1000, 10**6, 10**9, 2**31, 2**32, 2**63 - 1, 2**63, 10**30, 10**4000,
    -1, -(2**31), -(10**30), 0.5, 1.5, -1e308, 1e308, 1e-320, float("nan"), float("inf"),
]  # fmt: skip
OTHERS: list[Any] = [
    None, True, False, "", "x", "\ud800", "9" * 5000, "cuda:99", "predict", [], {}, [[]],
    {"tuple": []}, {"dict": {}}, {"pairs": []}, {"float": "nan"}, {"float": "x"},
    {"tensor": "nowhere"}, {"array": 3}, {"device": "x"}, {"object": {}}, {"call": "print"},
    {"object": {"class": "Trie", "state": {}}}, {"a": 1, "b": 2},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from places(item)


def mutate(document: Any, rng: Any) -> None:
    """Change a document at one place."""
    everywhere = list(places(document))
    numbers = [(at, key) for at, key in everywhere if type(at[key]) in (int, float)]
    # Most places are in the state of the optimiser; numbers have the most ways to be wrong.
    at, key = (numbers if rng.rand() < 0.4 else everywhere)[rng.randint(2**31) % len(numbers)]
    kind = rng.randint(8)
    if kind < 3:
        at[key] = NUMBERS[rng.randint(len(NUMBERS))]
    elif kind == 3:
        at[key] = OTHERS[rng.randint(len(OTHERS))]
    elif kind == 4:
        source, other = everywhere[rng.randint(len(everywhere))]
        at[key] = copy.deepcopy(source[other])
    elif kind == 5:
        del at[key]
    elif kind == 6 and isinstance(at, dict):
        new = ["predict", "fit", "__class__", "T", "network", "weights", ""][rng.randint(7)]
        at[new] = at.pop(key) if rng.rand() < 0.5 else copy.deepcopy(at[key])
    else:
        item = at[key]
        if isinstance(item, list) and len(item) < 1000:
            at[key] = item * [2, 3, 1000][rng.randint(3)]
        elif isinstance(item, int):
            at[key] = item + [-1, 1][rng.randint(2)]


def mutate_table(header: dict[str, Any], rng: Any) -> None:
    """Change what a header says of an array."""
    names = [name for name in header if name != "__metadata__"]
    entry = header[names[rng.randint(len(names))]]
    kind = rng.randint(6)
    if kind == 0:
        entry["dtype"] = ["F64", "F32", "I64", "U8", "BOOL", "x", 3][rng.randint(7)]
    elif kind == 1:
        entry["shape"] = [[10**4000] * 200, [0, 10**30], [2**62, 4], [1] * 40, [-1]][rng.randint(5)]
    elif kind == 2:
        entry["shape"] = [*entry["shape"], 1] if rng.rand() < 0.5 else entry["shape"][::-1]
    elif kind == 3:
        entry["data_offsets"] = [[0, 10**30], [-1, 3], [], [0, "9" * 5000]][rng.randint(4)]
    elif kind == 4:
        version = ["9" * 5000, "1", "00002", "x", ""][rng.randint(5)]
        header["__metadata__"]["format_version"] = version
    else:
        other = header[names[rng.randint(len(names))]]
        entry["shape"], other["shape"] = other["shape"], entry["shape"]


def mutate_numbers(header: dict[str, Any], data: bytes, rng: Any) -> bytes:
    """Change some numbers of an array."""
    names = [name for name in header if name != "__metadata__"]
    start, end = header[names[rng.randint(len(names))]]["data_offsets"]
    changed = bytearray(data)
    if end > start:
        at = start + rng.randint(end - start)
        stop = end if rng.rand() < 0.3 else min(at + 8, end)
        fill = [b"\xff", b"\x7f", b"\x00", b"\x80"][rng.randint(4)]
        changed[at:stop] = fill * (stop - at)
    return bytes(changed)


def mutated(source: Path, target: Path, rng: Any) -> None:
    """Write a changed copy of a model file."""
    header, data = parts(source)
    kind = rng.rand()
    if kind < 0.8:
        document = json.loads(header["__metadata__"]["document"])
        for _ in range(1 + (rng.rand() < 0.2)):
            mutate(document, rng)
        header["__metadata__"]["document"] = json.dumps(document)
    elif kind < 0.9:
        mutate_table(header, rng)
    else:
        data = mutate_numbers(header, data, rng)
    forge(target, header, data)


def differences(path: Path, estimator: Any) -> list[str]:
    """Where an estimator is not what a file says, but for the device."""
    header, _ = parts(path)
    document = json.loads(header["__metadata__"]["document"])
    written = json.loads(json.dumps(Writer().object(estimator, "")))
    for one in (document, written):
        for at, key in list(places(one)):
            if key == "device" and isinstance(at, dict):
                at[key] = None
    return list(_differences(document, written, ""))


def _differences(a: Any, b: Any, place: str) -> Iterator[str]:
    if place.endswith("params") and type(a) is type(b) is dict:
        b = {key: item for key, item in b.items() if key in a}  # a default is not written
    if place.endswith("state") and type(a) is type(b) is dict:
        # Older files lack some fields, which then have their defaults.
        may_lack = {key for key, item in b.items() if item is None or key in LATER}
        b = {key: item for key, item in b.items() if key in a or key not in may_lack}
    if type(a) is type(b) is dict and set(a) == set(b):
        for key in a:
            yield from _differences(a[key], b[key], f"{place}.{key}")
    elif type(a) is type(b) is list and len(a) == len(b):
        for i in range(len(a)):
            yield from _differences(a[i], b[i], f"{place}.{i}")
    elif json.dumps(a, sort_keys=True) != json.dumps(b, sort_keys=True):
        yield f"{place}: {json.dumps(a)[:60]} is {json.dumps(b)[:60]}"


def too_slow(*_: Any) -> None:
    raise TimeoutError


def outcome(path: Path, file: Path) -> str:
    """What becomes of a changed file; an error is a fault."""
    try:
        estimator = load_model(path)
    except ModelFileError:
        return "refused"
    different = differences(path, estimator)
    assert not different, different
    try:
        found = estimator.predict(seen(file.stem))
    except ValueError:
        return "loaded, and says what is wrong when it predicts"
    assert found.shape == (len(seen(file.stem)),)
    return "predicts"


def attack(n: int, seed: int) -> Counter[str]:
    """Load files that were changed, and predict by what is loaded."""
    rng = np.random.RandomState(seed)
    files = sorted(FOLDER.glob("*.safetensors"))
    outcomes: Counter[str] = Counter()
    signal.signal(signal.SIGVTALRM, too_slow)
    for file in files:  # what all of them need is in memory now
        load_model(file).predict(seen(file.stem))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        for i in range(n):
            file = files[rng.randint(len(files))]
            mutated(file, path, rng)
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            try:
                outcomes[outcome(path, file)] += 1
            except (Exception, MemoryError) as error:
                outcomes["fault"] += 1
                place = [
                    f"{f.filename.split('/')[-1]}:{f.lineno}"
                    for f in extract_tb(error.__traceback__)[-2:]
                ]
                print(i, file.stem, type(error).__name__, str(error)[:200], *place)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            assert grown < MEGABYTES, (i, file.stem, grown)
    return outcomes


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    torch.set_num_threads(1)
    print(json.dumps(attack(*map(int, sys.argv[1:]))))
