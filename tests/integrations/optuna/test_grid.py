"""Points of a grid are combinations of parameters, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

optuna = pytest.importorskip("optuna")

from optuna.distributions import CategoricalDistribution, IntDistribution  # noqa: E402

from tagates_sk.integrations.optuna.grid import Grid  # noqa: E402

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=3))
DISTRIBUTIONS = st.one_of(
    st.lists(VALUES, min_size=1, max_size=4, unique_by=lambda v: (type(v), v)).map(
        CategoricalDistribution
    ),
    st.tuples(st.integers(-5, 5), st.integers(0, 9), st.integers(1, 3)).map(
        lambda t: IntDistribution(t[0], t[0] + t[1] * t[2], step=t[2])
    ),
    st.tuples(st.integers(1, 5), st.integers(0, 99)).map(
        lambda t: IntDistribution(t[0], t[0] + t[1], log=True)
    ),
)
GRIDS = st.dictionaries(st.sampled_from("abcd"), DISTRIBUTIONS, min_size=1).map(Grid)


@given(grid=GRIDS, seed=st.integers(0, 9))
def test_points_and_params(grid: Grid, seed: int) -> None:
    for point in grid.sample(5, np.random.RandomState(seed)):
        params = grid.params(point)
        assert grid.point(params) == point
        assert grid.point({**params, "more": 1}) == point
        for name, distribution in grid.space.items():
            assert distribution._contains(distribution.to_internal_repr(params[name]))


@given(grid=GRIDS.filter(lambda grid: grid.size > 1), seed=st.integers(0, 9))
def test_a_mutant_has_one_other_value(grid: Grid, seed: int) -> None:
    random = np.random.RandomState(seed)
    point = grid.sample(1, random)[0]
    mutant = grid.mutate(point, random)
    assert sum(a != b for a, b in zip(point, mutant, strict=True)) == 1
    assert all(0 <= i < len(values) for i, values in zip(mutant, grid.values, strict=True))


@given(grid=GRIDS.filter(lambda grid: grid.size < 200))
def test_everything(grid: Grid) -> None:
    points = grid.everything()
    assert len(set(points)) == len(points) == grid.size


def test_what_is_no_point() -> None:
    grid = Grid({"a": CategoricalDistribution([1, True, "x"]), "b": IntDistribution(0, 4, step=2)})
    assert grid.point({"a": True, "b": 2}) == (1, 1)
    assert grid.point({"a": 1, "b": 2}) == (0, 1)
    assert grid.point({"a": "y", "b": 2}) is None
    assert grid.point({"a": 1, "b": 3}) is None
    assert grid.point({"a": 1}) is None


def test_logarithmic_integers() -> None:
    grid = Grid({"width": IntDistribution(1, 1000, log=True)})
    drawn = [grid._draw(0, random) for random in [np.random.RandomState(0)] for _ in range(2000)]
    assert 0.4 < np.mean(np.array(drawn) < 31) < 0.6
