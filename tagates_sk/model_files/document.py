"""Estimators as JSON and arrays, and back, by a fixed table of classes."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor, device, from_numpy

from .. import baselines
from .._conditions import KnownConditions, TrainingCondition
from .._head_features import HeadFeatures
from ..base import BaseGraphEstimator
from ..estimators import TAGATESRanker, TAGATESRegressor
from ..features import (
    AdjacencyOneHot,
    OperationStatistics,
    PathEncoding,
    WalkStatistics,
    WeisfeilerLehman,
)
from ..features.adjacency import Layout
from ..features.paths import Trie
from ..features.subtrees import Iteration, Multisets
from ..graphs.tokens import Dictionary
from ..nn.config import EncoderConfig
from ..nn.padded import CellSpec
from ..nn.tables import BatchSpec
from ..nn.transfer import EncoderState
from .layout import ModelFileError, storable
from .models import Sizes, blank_model, sizes_of

ESTIMATORS: tuple[type[BaseGraphEstimator], ...] = (
    TAGATESRanker, TAGATESRegressor, baselines.DAGNNRanker, baselines.DAGNNRegressor,
    baselines.GATESRanker, baselines.GATESRegressor,
    baselines.GCNRanker, baselines.GCNRegressor, baselines.LSTMRanker, baselines.LSTMRegressor,
    baselines.SemiNASRanker, baselines.TransformerRanker, baselines.TransformerRegressor,
)  # fmt: skip
"""What may be saved."""

PARTS: tuple[type[Any], ...] = (
    AdjacencyOneHot, BatchSpec, CellSpec, Dictionary, EncoderConfig, EncoderState, HeadFeatures,
    Iteration, KnownConditions, Layout, Multisets, OperationStatistics, PathEncoding, Sizes,
    TrainingCondition, Trie, WalkStatistics, WeisfeilerLehman,
)  # fmt: skip
"""What may be in it. None has a method that acts when attributes are set."""

_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in (*ESTIMATORS, *PARTS)}
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
        cls = type(value)
        if _CLASSES.get(cls.__name__) is not cls:
            raise ModelFileError(
                f"{place} is a {cls.__name__}, which a model file has no form for. Set the "
                f"parameter to something simpler, or: {_HINT}."
            )
        document: dict[str, Any] = {"class": cls.__name__}
        prefix = f"{place}." if place else ""
        state = _state(value)
        if isinstance(value, BaseEstimator):
            params = value.get_params(deep=False)
            # What metadata is routed to methods is the matter of a pipeline, which no file holds.
            left_out = {*params, "_metadata_request"}
            state = {name: item for name, item in state.items() if name not in left_out}
            document["params"] = {n: self.value(v, prefix + n) for n, v in params.items()}
        if isinstance(value, BaseGraphEstimator) and "model_" in state:
            model = state.pop("model_")
            document["model"] = self.object(sizes_of(value), f"{prefix}model")
            if prefix:
                document["weights"] = f"{prefix}model_."
            for name, tensor in model.state_dict().items():
                self.value(tensor, f"{prefix}model_.{name}")
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
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays

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
        cls = _CLASSES[document["class"]]
        state = {name: self.value(item) for name, item in document["state"].items()}
        if is_dataclass(cls) or issubclass(cls, tuple):
            return cls(**state)
        if issubclass(cls, BaseEstimator):
            params = {name: self.value(item) for name, item in document["params"].items()}
            instance = cls(**params)
        else:
            instance = object.__new__(cls)
        for name in state:
            if name.startswith("__"):
                raise ValueError(f"{name!r} is no attribute that {cls.__name__} learns")
        vars(instance).update(state)
        if isinstance(instance, BaseGraphEstimator) and "model" in document:
            sizes = self.object(document["model"])
            instance.model_ = self._model(instance, sizes, document.get("weights", "model_."))
        return instance

    def _model(self, estimator: BaseGraphEstimator, sizes: Sizes, prefix: str) -> Any:
        model = blank_model(estimator, sizes)
        weights = {
            name.removeprefix(prefix): from_numpy(array)
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }
        model.load_state_dict(weights, assign=True)
        return model


def _state(value: Any) -> dict[str, Any]:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, tuple):
        return dict(value._asdict())  # type: ignore[attr-defined]
    return dict(vars(value))
