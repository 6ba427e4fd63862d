"""Estimators as JSON and arrays, and back, by a fixed table of classes and their fields."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, device, from_numpy

from ..graphs.foreign import echo
from ..training.network import FittedNetwork
from .agreement import agrees
from .fields import CLASSES, ESTIMATORS
from .kinds import LARGEST, holds
from .layout import ModelFileError, storable
from .models import Sizes, blank_model, check_buildable, check_depth, sizes_of

_HINT = "joblib.dump saves it, see docs/model_files.md for what that means"


class Writer:
    """Turns values into JSON; arrays are put aside, under the name of their place.

    JSON's own values stand for themselves. Everything else is an object with
    one entry, whose name says what it is.

    Attributes
    ----------
    arrays : dict of ndarray
        The arrays met so far.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}

    def value(self, value: Any, place: str) -> Any:
        """The JSON of a value.

        Parameters
        ----------
        value : object
        place : str
            What leads to it, as in ``features.max_paths``.

        Raises
        ------
        ModelFileError
            If there is no JSON for it.
        """
        if value is None or isinstance(value, (bool, str)):
            return value
        if type(value) is int and abs(value) < LARGEST:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if type(value) is list:
            return self._items(value, place)
        if type(value) is tuple:
            return {"tuple": self._items(value, place)}
        if type(value) is dict:
            return self._dict(value, place)
        if isinstance(value, Tensor):
            self._store(value.detach().cpu().numpy(), value, place)
            return {"tensor": place}
        if isinstance(value, np.ndarray):
            self._store(value, value, place)
            return {"array": place}
        if isinstance(value, np.generic):
            self._store(np.asarray(value), value, place)
            return {"scalar": place}
        if isinstance(value, device):
            return {"device": str(value)}
        return {"object": self.object(value, place)}

    def object(self, value: Any, place: str) -> Any:
        """The JSON of an instance of one of the classes in the table."""
        name = type(value).__name__
        cls, fields = CLASSES.get(name, (None, None))
        if cls is not type(value):
            raise ModelFileError(
                f"{place} is a {name}, which a model file has no form for. Set the parameter to "
                f"something simpler, or: {_HINT}."
            )
        assert fields is not None
        prefix = f"{place}." if place else ""
        document: dict[str, Any] = {"class": name}
        if fields.is_estimator:
            params = value.get_params(deep=False)
            document["params"] = {n: self.value(v, prefix + n) for n, v in params.items()}
        state = {}
        for field, attribute in fields.names.items():
            if not fields.is_estimator or attribute in vars(value):
                state[field] = getattr(value, attribute)
        network = state.get("network")
        if isinstance(network, FittedNetwork):
            check_buildable(value, name, network.model, sizes_of(network.model), network.spec)
        if isinstance(value, FittedNetwork):
            document["weights"] = weights = f"{prefix}weights."
            for key, tensor in value.model.state_dict().items():
                self.value(tensor, f"{weights}{key}")
            state["model"] = sizes_of(value.model)
        document["state"] = {n: self.value(v, prefix + n) for n, v in state.items()}
        return document

    def _items(self, values: Any, place: str) -> list[Any]:
        return [self.value(item, f"{place}.{i}") for i, item in enumerate(values)]

    def _dict(self, value: dict[Any, Any], place: str) -> dict[str, Any]:
        if all(isinstance(key, str) for key in value):
            return {"dict": {key: self.value(v, f"{place}.{key}") for key, v in value.items()}}
        pairs = [
            [self.value(key, f"{place}.{i}.key"), self.value(v, f"{place}.{i}")]
            for i, (key, v) in enumerate(value.items())
        ]
        return {"pairs": pairs}

    def _store(self, array: NDArray[Any], value: Any, place: str) -> None:
        if not storable(array.dtype):
            raise ModelFileError(
                f"{place} is a {type(value).__name__} of dtype {array.dtype}, which a model file "
                f"has no form for. Pass a list, or: {_HINT}."
            )
        self.arrays[place] = array


class Reader:
    """Turns what a :class:`Writer` wrote into values again.

    Only classes of the table are built, and only of data: nothing of the file
    is called or imported.

    Parameters
    ----------
    arrays : dict of ndarray
        Those of the writer.

    Attributes
    ----------
    networks : list of FittedNetwork
        All that were built.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays
        self.networks: list[FittedNetwork] = []
        self._n_numbers = sum(array.size for array in arrays.values())
        self._prefixes: dict[int, str] = {}

    def value(self, value: Any) -> Any:
        """The value of a JSON."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        match kind:
            case "float":
                return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]
            case "tuple":
                return tuple(self.value(item) for item in content)
            case "dict":
                return {key: self.value(item) for key, item in content.items()}
            case "pairs":
                return {self.value(key): self.value(item) for key, item in content}
            case "tensor":
                return from_numpy(self.arrays[content])
            case "array":
                return self.arrays[content]
            case "scalar":
                return self.arrays[content][()]
            case "device":
                return device(content)
            case "object":
                return self.object(content)
        raise ValueError(f"{echo(kind)} is no kind of value")

    def object(self, document: Any) -> Any:
        """The instance of a class in the table."""
        cls, fields = CLASSES[document["class"]]
        known, there = set(fields.names), set(document["state"])
        # Where None is the default, the field came later than some files, too.
        missing = sorted(
            name
            for name in known - there - {"output"}
            if name not in fields.later and getattr(cls, fields.names[name], ...) is not None
        )
        if cls in ESTIMATORS or (fields.is_estimator and not there - {"output"}):
            missing = []  # not fitted, or fitted in one of several ways
        unknown = sorted(there - known)
        if unknown or missing:
            what = f"has no field {echo(unknown[0])}" if unknown else f"lacks {missing[0]!r}"
            raise ValueError(f"a {cls.__name__} {what}")
        instance: Any = None if fields.is_made else object.__new__(cls)
        if fields.is_estimator:
            params = {name: self.value(item) for name, item in document["params"].items()}
            instance = cls(**params)
            if hasattr(instance, "_parameter_constraints"):
                instance._validate_params()
        state = {name: self.value(item) for name, item in document["state"].items()}
        for name, item in state.items():
            if not holds(item, fields.kinds[fields.names[name]]):
                raise ValueError(f"{name} of a {cls.__name__} is {echo(item)}")
        attributes = {fields.names[name]: value for name, value in state.items()}
        if fields.is_made:
            instance = cls(**attributes)
        else:
            vars(instance).update(attributes)
        if not agrees(instance, self._n_numbers):
            raise ValueError(f"the sizes of a {cls.__name__} do not go together")
        if isinstance(instance, FittedNetwork):
            self._prefixes[id(instance)] = document["weights"]
        network = state.get("network")
        if isinstance(network, FittedNetwork):
            self._build(network, instance)
        return instance

    def _build(self, network: FittedNetwork, owner: Any) -> None:
        """Put a model in the place of its sizes, now that its owner is there."""
        sizes, prefix = network.model, self._prefixes[id(network)]
        assert isinstance(sizes, Sizes)
        weights = {
            name.removeprefix(prefix): from_numpy(array)
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }
        check_depth(owner, sizes, network.spec, len(weights))
        network.model = blank_model(owner, sizes, network.spec)
        network.model.load_state_dict(weights, assign=True)
        self.networks.append(network)


def says_no_more(document: Any, written: Any) -> bool:
    """Whether all that a document says is in what its estimator would be written as.

    A document of an older release may lack parameters that have come since.

    Parameters
    ----------
    document : object
        From a file.
    written : object
        Of the estimator that was made from it.
    """
    if isinstance(document, dict) and isinstance(written, dict):
        return all(
            name in written and says_no_more(item, written[name]) for name, item in document.items()
        )
    if isinstance(document, list) and isinstance(written, list):
        pairs = zip(document, written, strict=False)
        return len(document) == len(written) and all(says_no_more(a, b) for a, b in pairs)
    return type(document) is type(written) and bool(document == written)
