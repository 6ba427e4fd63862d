"""Where candidates come from and which are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import cycle
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._utils import RandomState
from ..graphs import Architectures, ArchitectureSequence, as_architectures
from ..graphs.architectures import forms_of, join, own
from ..graphs.canonical import CanonicalCell
from ..graphs.foreign import echo

Structure = tuple[CanonicalCell, ...]
"""Equal for isomorphic architectures, whatever their zero-cost vectors."""

Ranking = NDArray[np.integer[Any]]

MAX_DRAWS = 50
"""How often a space is asked for a new architecture before it counts as exhausted."""

MIN_DRAW = 16
"""Fewest architectures to draw at once when looking for new ones."""

MUTANTS = {"random": 0.0, "mutation": 1.0, "mixed": 0.5}
"""Fraction of candidates that are mutants of the best, by the value of `candidates`."""

MUTATION_DEPTH = 0.5
"""Probability that no further mutation follows: half of the mutants are one edit away."""


class Space(Protocol):
    """The part of a search space that a search needs."""

    def sample(self, n: int, random_state: RandomState = None) -> Sequence[Any]:
        """Draw n architectures at random."""


class Source(Protocol):
    """Where architectures come from: a space, or a fixed collection."""

    @property
    def breeds(self) -> bool:
        """Whether there are mutants among the candidates."""

    def mutants_of(
        self, parents: Sequence[Any], n: int, random_state: np.random.RandomState
    ) -> Sequence[Any]:
        """Up to n mutants."""

    def random(
        self, n: int, known: Set[Structure], random_state: np.random.RandomState
    ) -> Sequence[Any]:
        """Up to n random architectures that are new, and no two of them isomorphic."""

    def candidates(
        self,
        n: int,
        parents: Sequence[Any],
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> ArchitectureSequence:
        """About n candidates to score, some of which may be known."""

    def fill(
        self,
        chosen: ArchitectureSequence,
        n: int,
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> Sequence[Any]:
        """The chosen candidates, filled up to n if the space has more."""


class Collection:
    """A finite space, given as a sequence of its architectures.

    Parameters
    ----------
    architectures : sequence
        All of them; their graphs are read here.
    whole : bool
        Whether all are candidates, or a random sample.
    """

    def __init__(self, architectures: Sequence[Any], whole: bool) -> None:
        if len(architectures) == 0:
            raise ValueError("The sequence of architectures to search in is empty.")
        self.architectures = as_architectures(architectures)
        self.whole = whole
        self.breeds = False

    def mutants_of(
        self, parents: Sequence[Any], n: int, random_state: np.random.RandomState
    ) -> Sequence[Any]:
        """None."""
        return []

    def random(
        self, n: int, known: Set[Structure], random_state: np.random.RandomState
    ) -> ArchitectureSequence:
        """Random members that are new."""
        order = random_state.permutation(len(self.architectures))
        chosen: ArchitectureSequence = self.architectures[
            select(self.architectures, [order], n, known)
        ]
        return chosen

    def candidates(
        self,
        n: int,
        parents: Sequence[Any],
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> ArchitectureSequence:
        """All members, or n random ones that are new."""
        return self.architectures if self.whole else self.random(n, known, random_state)

    def fill(
        self,
        chosen: ArchitectureSequence,
        n: int,
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> Sequence[Any]:
        """The chosen ones; there are no others to add."""
        return chosen


class SpaceSource:
    """A space that draws and perhaps mutates.

    Parameters
    ----------
    space : Space
        The space.
    mutants : float
        Fraction of candidates that are mutants of the best; the rest are random.
    """

    def __init__(self, space: Any, mutants: float) -> None:
        self.space = space
        self.mutants = mutants
        self.breeds = mutants > 0

    def random(
        self, n: int, known: Set[Structure], random_state: np.random.RandomState
    ) -> Sequence[Any]:
        """Random architectures that are new; fewer if the space seems exhausted."""
        found: list[Architectures] = []
        missing, seen = n, set(known)
        for _ in range(MAX_DRAWS):
            drawn = as_architectures(self._sample(max(missing, MIN_DRAW), random_state))
            rows = select(drawn, [np.arange(len(drawn))], missing, seen)
            if rows:
                found.append(own(drawn[rows]))
                missing -= len(rows)
                if not missing:
                    break
                seen.update(structures(found[-1]))
        return join(found) if found else []

    def candidates(
        self,
        n: int,
        parents: Sequence[Any],
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> Architectures:
        """Mutants of the parents, and random architectures."""
        found = list(self.mutants_of(parents, round(self.mutants * n), random_state))
        if len(found) < n:
            found += list(self._sample(n - len(found), random_state))
        return Architectures(found)

    def mutants_of(
        self, parents: Sequence[Any], n: int, random_state: np.random.RandomState
    ) -> Sequence[Any]:
        """Mutants: half are one edit away, a quarter two, and so on."""
        depths = random_state.geometric(MUTATION_DEPTH, n)
        if callable(getattr(self.space, "neighbors", None)):
            return self._near(parents, depths, random_state)
        return [self._mutant(parents, depth, random_state) for depth in depths]

    def _mutant(
        self, parents: Sequence[Any], depth: int, random_state: np.random.RandomState
    ) -> Any:
        mutant = parents[random_state.randint(len(parents))]
        for _ in range(depth):
            mutant = self.space.mutate(mutant, random_state)
        return mutant

    def _near(
        self, parents: Sequence[Any], depths: Ranking, random_state: np.random.RandomState
    ) -> list[Any]:
        """At most one per depth, from few origins each, since neighbors are generated together."""
        found: list[Any] = []
        origins = [parents[i] for i in range(len(parents))]
        for depth in range(1, max(depths, default=0) + 1):
            wanted = int((depths == depth).sum())
            around = [self.space.neighbors(origin) for origin in origins]
            places = [(k, i) for k, some in enumerate(around) for i in range(len(some))]
            drawn = random_state.permutation(len(places))[: max(wanted, len(parents))]
            near = [around[places[j][0]][places[j][1]] for j in drawn]
            found += near[:wanted]
            origins = near[: len(parents)]
        return found

    def _sample(self, n: int, random_state: np.random.RandomState) -> Sequence[Any]:
        drawn: Sequence[Any] = self.space.sample(n, random_state)
        name = f"{type(self.space).__name__}.sample"
        if not _is_sequence(drawn):
            raise TypeError(
                f"{name}({n}, random_state) returned a {type(drawn).__name__}; a sequence of {n} "
                "architectures, such as a list, is expected."
            )
        if len(drawn) == 0:
            raise ValueError(
                f"{name}({n}, random_state) returned no architecture; {n} are expected. They may "
                "repeat each other."
            )
        return drawn

    def fill(
        self,
        chosen: ArchitectureSequence,
        n: int,
        known: Set[Structure],
        random_state: np.random.RandomState,
    ) -> Sequence[Any]:
        """The chosen ones, then random architectures."""
        missing = n - len(chosen)
        if not missing:
            return chosen
        more = self.random(missing, known | set(structures(chosen)), random_state)
        return join([chosen, more]) if len(more) else chosen


def make_source(space: Any, candidates: Any) -> Source:
    """The source of the candidates of a search.

    Parameters
    ----------
    space : search space, or sequence of architectures
    candidates : str or sequence of architectures

    Returns
    -------
    Source

    Raises
    ------
    TypeError
        If `space` is not a space, or `candidates` neither a name nor a sequence.
    ValueError
        If the space lacks what `candidates` needs.
    """
    if _is_sequence(candidates):
        return Collection(candidates, whole=True)
    names = ["auto", "all", *MUTANTS]
    if not isinstance(candidates, str) or candidates not in names:
        raise TypeError(
            f"candidates={echo(candidates)} is neither a sequence of architectures nor one of "
            f"{names}."
        )
    if _is_sequence(space):
        if candidates in ("mutation", "mixed"):
            raise ValueError(
                f"candidates={echo(candidates)} needs a space with mutate(architecture, "
                "random_state), "
                "but space is a sequence of architectures. Use 'all' or 'random'."
            )
        return Collection(space, whole=candidates != "random")
    if isinstance(space, type) or not callable(getattr(space, "sample", None)):
        found = (
            f"the class {space.__name__}"
            if isinstance(space, type)
            else f"a {type(space).__name__}"
        )
        raise TypeError(
            f"space is {found}; an object with sample(n, random_state), such as "
            "tagates_sk.spaces.NASBench201(), or a sequence of architectures is expected."
        )
    mutates = callable(getattr(space, "mutate", None))
    if candidates == "all":
        raise ValueError(
            f"candidates='all' needs the architectures of {type(space).__name__}: give the "
            "sequence of all of them as space, or as candidates."
        )
    if candidates == "auto":
        candidates = "mixed" if mutates else "random"
    if MUTANTS[candidates] and not mutates:
        raise ValueError(
            f"candidates={echo(candidates)} needs a space with mutate(architecture, random_state), "
            f"which {type(space).__name__} lacks. Use candidates='random', or add the method."
        )
    return SpaceSource(space, MUTANTS[candidates])


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)


def structures(architectures: Sequence[Any]) -> list[Structure]:
    """Structures of architectures; equal for isomorphic ones.

    Parameters
    ----------
    architectures : sequence of architectures

    Returns
    -------
    list of tuple of CanonicalCell
    """
    return [form.cells for form in forms_of(architectures)] if len(architectures) else []


def select(
    architectures: Sequence[Any],
    rankings: Sequence[Ranking],
    n: int,
    known: Set[Structure],
) -> list[int]:
    """Rows of up to n architectures that are new, the best of each ranking in turn.

    Structures are computed only for the rows that are looked at.

    Parameters
    ----------
    architectures : sequence of m architectures
    rankings : sequence of ndarray of int, shape (m,)
        Rows from best to worst.
    n : int
        How many rows to take.
    known : set of structures
        Structures to leave out.

    Returns
    -------
    list of int
        No two are isomorphic.
    """
    read = as_architectures(architectures)
    walks = [_walk(read, ranking, max(16, 2 * n)) for ranking in rankings]
    rows: list[int] = []
    taken: set[Structure] = set()
    exhausted: set[int] = set()
    for turn in cycle(range(len(walks))):
        if len(rows) == n or len(exhausted) == len(walks):
            break
        for row, structure in walks[turn]:
            if structure not in known and structure not in taken:
                rows.append(row)
                taken.add(structure)
                break
        else:
            exhausted.add(turn)
    return rows


def _walk(
    architectures: ArchitectureSequence, ranking: Ranking, part: int
) -> Iterator[tuple[int, Structure]]:
    """Rows in order with their structures, computed in parts."""
    for start in range(0, len(ranking), part):
        rows = ranking[start : start + part]
        yield from zip(rows.tolist(), structures(architectures[rows]), strict=True)
