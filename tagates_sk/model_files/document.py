"""Estimators as JSON and arrays, and back, by a fixed table of classes and their fields."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, device, from_numpy

from ..training.network import FittedNetwork
from .fields import CLASSES
from .layout import ModelFileError, storable
from .models import Sizes, blank_model, check_buildable, sizes_of

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
        if value is None or isinstance(value, (bool, str)) or type(value) is int:
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
            if field in fields.optional and getattr(value, attribute) is None:
                continue
            if hasattr(value, attribute) or not fields.is_estimator:
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
        raise ValueError(f"{kind!r} is no kind of value")

    def object(self, document: Any) -> Any:
        """The instance of a class in the table."""
        cls, fields = CLASSES[document["class"]]
        state = {name: self.value(item) for name, item in document["state"].items()}
        unknown = sorted(set(state) - set(fields.names))
        needed = set() if fields.is_estimator else set(fields.names) - set(fields.optional)
        missing = sorted(needed - set(state))
        if unknown or missing:
            what = f"has no field {unknown[0]!r}" if unknown else f"lacks the field {missing[0]!r}"
            raise ValueError(f"a {cls.__name__} {what}")
        attributes = {fields.names[name]: value for name, value in state.items()}
        if fields.is_made:
            instance = cls(**attributes)
        elif fields.is_estimator:
            params = {name: self.value(item) for name, item in document["params"].items()}
            instance = cls(**params)
        else:
            instance = object.__new__(cls)
        if not fields.is_made:
            vars(instance).update(attributes)
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
        network.model = blank_model(owner, sizes, network.spec)
        weights = {
            name.removeprefix(prefix): from_numpy(array)
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }
        network.model.load_state_dict(weights, assign=True)
        self.networks.append(network)
