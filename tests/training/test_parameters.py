"""Constructors: names of parameters, and how many there are."""

from __future__ import annotations

import inspect
import re
from types import FunctionType
from typing import Any

import pytest
from sklearn.base import clone

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.baselines import DAGNNRanker, GATESRegressor, GCNRanker, SemiNASRanker
from tests.small import SWITCHES

CLASSES: list[Any] = [
    TAGATESRanker, TAGATESRegressor, GCNRanker, DAGNNRanker, GATESRegressor, SemiNASRanker,
]  # fmt: skip
every = pytest.mark.parametrize("cls", CLASSES)


def refused(message: str) -> Any:
    """A TypeError with exactly this message."""
    return pytest.raises(TypeError, match=f"^{re.escape(message)}$")


@every
@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("max_itr", "max_iter"), ("epochs", "max_iter"), ("n_epochs", "max_iter"),
        ("lr", "learning_rate"), ("seed", "random_state"), ("patience", "n_iter_no_change"),
        ("hidden_layer_sizes", "head"), ("randomstate", "random_state"),
    ],
)  # fmt: skip
def test_a_close_parameter_is_named(cls: Any, name: str, close: str) -> None:
    with refused(f"{cls.__name__} has no parameter '{name}'. Did you mean {close}?"):
        cls(T=2, **{name: 1}) if "TAGATES" in cls.__name__ else cls(**{name: 1})


@every
def test_nothing_is_named_where_nothing_is_close(cls: Any) -> None:
    with refused(f"{cls.__name__} has no parameter 'zzz'."):
        cls(max_iter=1, zzz=1)


@every
def test_positional(cls: Any) -> None:
    first = next(iter(cls().get_params(deep=False)))
    assert isinstance(first, str)
    message = rf"^{cls.__name__} takes parameters by name only, such as \w+=\.$"
    with pytest.raises(TypeError, match=message):
        cls(3)


@pytest.mark.parametrize("cls", [TAGATESRanker, TAGATESRegressor])
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_switches_are_in_the_variant(cls: Any, name: str) -> None:
    message = f"{cls.__name__} has no parameter '{name}'. Set it by variant=Variant({name}=...)."
    with refused(message):
        cls(**{name: 1})


@every
def test_own_classes_name_themselves(cls: Any) -> None:
    class Mine(cls):  # type: ignore[misc]
        """A user's own."""

    with refused("Mine has no parameter 'max_itr'. Did you mean max_iter?"):
        Mine(max_itr=3)
    assert clone(Mine(max_iter=3)).max_iter == 3


class TestStructure:
    """Of TAGATESRanker: a class or two too many, and nobody finds where a thing is done."""

    OWN = [c for c in TAGATESRanker.__mro__ if c.__module__.startswith("tagates_sk.")]  # noqa: RUF012

    def test_own_classes(self) -> None:
        assert len(self.OWN) <= 3

    def test_methods_at_several_levels(self) -> None:
        defined: list[str] = []
        for cls in self.OWN:
            for name, value in vars(cls).items():
                kinds = (FunctionType, property, classmethod, staticmethod)
                if isinstance(value, kinds) and (name == "__init__" or not name.startswith("__")):
                    defined.append(name)
        several = {name for name in defined if defined.count(name) > 1}
        assert len(several) <= 4, several

    @pytest.mark.parametrize("cls", CLASSES)
    def test_parameters(self, cls: Any) -> None:
        assert len(inspect.signature(cls).parameters) <= 34
