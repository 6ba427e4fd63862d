"""PredictorSearch: ask for architectures, tell their values."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    StrOptions,
    validate_parameter_constraints,
)

from .._utils import Number, RandomState, positive_count, progress
from ..graphs import as_architectures
from ..graphs.architectures import join
from ..graphs.containers import in_order
from ..graphs.foreign import echo
from ..graphs.optional import data_frame
from ..spaces.ranked import RankedArchitectures, native_forms, texts
from .acquisition import ACQUISITIONS, AUTO, Acquisition, has_std
from .candidates import Space, make_source
from .evaluation import measure_all
from .initial import SURPLUS, spread
from .plotting import plot_history
from .proposing import Proposer
from .records import Records
from .storage import load_state, save_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


class FailedEvaluationWarning(UserWarning):
    """An architecture could not be measured; the search continues without it."""


class PredictorSearch:
    """Search for the best architecture, guided by a predictor.

    The first architectures are random ones far from each other. Then every round fits
    the predictor to all results, scores candidates and proposes the most promising new
    ones. It never proposes an architecture twice, nor one that is isomorphic to a known
    one; dead parts of graphs do not count.

    Parameters
    ----------
    space : search space, or sequence of architectures
        A space has ``sample(n, random_state)``, which returns a sequence of n
        architectures, and optionally ``mutate(architecture, random_state)``, which
        returns an architecture. ``neighbors(architecture)``, which returns all that are
        one edit away, makes mutation faster. Those in :mod:`tagates_sk.spaces` have all
        three. A finite space can be given as the sequence of all its architectures,
        whose graphs are read here, once: do not change them afterwards.
    predictor : estimator, default=None
        Any regressor over architectures. It is cloned, seeded if its `random_state` is
        None, and set to tolerate operations that no measured architecture has. One with
        `proxies` gets the candidates of the round as `X_unlabeled`. None means
        ``TAGATESRanker()``; ``TAGATESRanker(members="statistics")`` fits in about a
        second.
    acquisition : {"auto", "mean", "ucb", "ei", "thompson"} or callable, default="auto"
        What makes a candidate promising: the predicted order, an upper
        confidence bound, the expected improvement, or Thompson sampling. All
        but the first need an estimator whose ``predict`` takes ``return_std``, such
        as :class:`~tagates_sk.TAGATESRanker` or a Gaussian process. ``"auto"`` is
        ``"ei"`` for an estimator that has standard deviations, else ``"mean"``.
        A callable is called as :class:`~tagates_sk.search.Acquisition`.
    candidates : str or sequence of architectures, default="auto"
        The architectures scored in each round:

        - ``"random"``: random architectures;
        - ``"mutation"``: mutants of the best;
        - ``"mixed"``: half of each;
        - ``"all"``: all architectures of a space given as a sequence;
        - a sequence: all its architectures; random ones come from it as well;
        - ``"auto"``: ``"all"`` for a sequence, ``"mixed"`` for a space with ``mutate``,
          else ``"random"``.
    n_initial : int, default=10
        Architectures before the first fit of the predictor; more if fewer than two of
        them could be measured. They are chosen from five times as many random ones, as
        far from each other as possible. With ``direction="maximize"`` the half of these
        with the least capacity is left out.
    n_candidates : int, default=1000
        Candidates per round, unless they are all of a sequence.
    n_parents : int, default=10
        How many of the best architectures to mutate.
    batch_size : int, default=10
        Architectures per round.
    direction : {"maximize", "minimize"}, default="maximize"
        Whether high or low values are best: ``"minimize"`` for a latency or a loss. The
        predictor then learns the negative values, so that higher is better for it and
        for an acquisition.
    path : path-like, default=None
        File in which to save the state after every :meth:`ask` and :meth:`tell`;
        :meth:`load` reads it.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible results.
    verbose : int, default=0
        Whether :meth:`run` shows a progress bar.

    Attributes
    ----------
    history_ : list of dict
        One for each reported value, in order; :meth:`to_frame` makes a table of them:
        ``architecture``; ``value`` (NaN where the evaluation failed); ``failed``;
        ``error``, why it failed, or an empty string; ``best``, the best value so far;
        ``origin``, "initial", "proposed" or "given" (told but never asked for);
        ``round``, the round in which it was proposed, and ``predicted``, its predicted
        value at that time (0 and NaN for the others).
    best_architecture_, best_value_ : architecture, float
        The best so far; None and NaN before the first value.
    pending_ : list of architectures
        Awaiting results.
    predictor_ : estimator or None
        The last fitted predictor; it is not saved.

    See Also
    --------
    tagates_sk.TAGATESRanker : The default predictor.
    tagates_sk.baselines.WLKernelGP : A cheap one with standard deviations.

    Examples
    --------
    >>> from tagates_sk.baselines import WLKernelGP
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.search import PredictorSearch
    >>> nb201 = load_nasbench201()
    >>> search = PredictorSearch(nb201.dags, WLKernelGP(), n_initial=10, random_state=0)
    >>> for _ in range(3):
    ...     cells = search.ask(10)
    ...     search.tell(cells, nb201.target[cells.rows])
    >>> len(search.history_), search.best_value_ > 93
    (30, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "acquisition": [StrOptions({"auto", *ACQUISITIONS}), callable],
        "n_initial": [Number(Integral, 2, None, closed="left")],
        "n_candidates": [Number(Integral, 1, None, closed="left")],
        "n_parents": [Number(Integral, 1, None, closed="left")],
        "batch_size": [Number(Integral, 1, None, closed="left")],
        "direction": [StrOptions({"maximize", "minimize"})],
        "path": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        space: Space | Sequence[Any],
        predictor: Any = None,
        *,
        acquisition: str | Acquisition = "auto",
        candidates: str | Sequence[Any] = "auto",
        n_initial: int = 10,
        n_candidates: int = 1000,
        n_parents: int = 10,
        batch_size: int = 10,
        direction: str = "maximize",
        path: str | os.PathLike[str] | None = None,
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        given = locals()
        validate_parameter_constraints(
            self._parameter_constraints,
            {name: given[name] for name in self._parameter_constraints},
            type(self).__name__,
        )
        if predictor is None:
            from ..estimators import TAGATESRanker  # imports torch

            predictor = TAGATESRanker()
        self.space = space
        self.predictor = predictor
        self.acquisition = acquisition
        self.candidates = candidates
        self.n_initial = n_initial
        self.n_candidates = n_candidates
        self.n_parents = n_parents
        self.batch_size = batch_size
        self.direction = direction
        self.path = path
        self.verbose = verbose
        if isinstance(predictor, type) or not hasattr(predictor, "predict"):
            raise TypeError(
                f"predictor={echo(predictor)} is not an estimator: an object with fit and predict, "
                "such as "
                "TAGATESRanker(), is expected."
            )
        if acquisition == "auto":
            acquisition = AUTO if has_std(predictor) else "mean"
        acquire = ACQUISITIONS[acquisition]() if isinstance(acquisition, str) else acquisition
        if hasattr(acquire, "check"):
            acquire.check(predictor)
        # The state of the global generator could not be saved or restored.
        self._random = (
            np.random.RandomState() if random_state is None else check_random_state(random_state)
        )
        seed = int(self._random.randint(2**31 - 1))
        self._source = make_source(space, candidates)
        self._proposer = Proposer(self._source, predictor, acquire, n_candidates, n_parents, seed)
        self._round = 0
        self._records = Records(direction)

    # ---------------------------------------------------------- ask and tell

    def ask(self, n: int | None = None) -> Sequence[Any]:
        """Propose architectures to measure.

        Architectures awaiting results are never proposed twice, so several
        evaluations can run at once.

        Parameters
        ----------
        n : int, default=None
            How many; `batch_size` by default.

        Returns
        -------
        sequence of up to n architectures
            If `space` or `candidates` is a sequence, a part of it, whose attribute
            ``rows`` holds the positions. Pass the result to :meth:`tell` unchanged, and
            its graphs are not read again. Fewer than n, with a warning, if not enough
            new ones are left.

        Raises
        ------
        TypeError
            If n is not an integer, or the space does not return a sequence.
        ValueError
            If n is not positive, or the space returns nothing.
        KeyboardInterrupt
            If the fit of the predictor is interrupted; the state is then the same as
            before the call.
        """
        n = self.batch_size if n is None else positive_count("n", n)
        records = self._records
        values = records.values
        n_asked = len(records.history) + len(records.pending)
        if n_asked < self.n_initial or len(values) < 2:
            chosen = self._first(n)
            origin, number, predicted = "initial", 0, np.full(len(chosen), np.nan)
        else:
            chosen, predicted = self._proposer.propose(
                n, records.measured(), records.upwards(values), records.known, self._random
            )
            predicted = records.upwards(predicted)
            self._round += 1
            origin, number = "proposed", self._round
        if len(chosen) < n:
            warnings.warn(
                f"{n} architectures were asked for, but only {len(chosen)} could be found that "
                f"are not among the {len(records.known)} known ones.",
                stacklevel=2,
            )
        records.ask(chosen, origin, number, predicted)
        self._autosave()
        return chosen

    def _first(self, n: int) -> Sequence[Any]:
        records = self._records
        drawn = self._source.random(SURPLUS * n, records.known, self._random)
        if len(drawn) <= n:
            return drawn
        known = [*([records.measured()] if len(records.values) else []), records.outstanding()]
        known = [some for some in known if len(some)]
        rows = spread(
            drawn,
            n,
            join(known) if known else [],
            prefer_large=self.direction == "maximize",
        )
        chosen: Sequence[Any] = as_architectures(drawn)[np.array(rows)]
        return chosen

    def tell(self, architectures: Sequence[Any], values: ArrayLike) -> None:
        """Report the measured values of architectures.

        The order does not matter, and architectures that were never asked for are
        welcome. If an architecture is reported several times, all its values are used.

        Parameters
        ----------
        architectures : sequence of n architectures
            The measured architectures.
        values : array-like of float, shape (n,)
            Their performance; `direction` says whether high or low is best. A value
            that is not finite counts as a failed evaluation: the predictor does not see
            it, and the architecture is not proposed again.

        Raises
        ------
        ValueError
            If the numbers of values and architectures differ.
        InvalidArchitectureError
            If an architecture cannot be read. Nothing is recorded then.
        TypeError
            If `architectures` is not a sequence of graphs.

        Warns
        -----
        FailedEvaluationWarning
            For each value that is not finite.
        """
        if not (isinstance(architectures, Sequence) and len(architectures) == 0):
            architectures = in_order(architectures)
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.shape != (len(architectures),):
            raise ValueError(
                f"values has shape {numbers.shape}, but there are {len(architectures)} "
                "architectures; one value for each is expected."
            )
        errors = [f"the value is {value}" for value in numbers]
        self._tell(architectures, numbers.tolist(), errors)

    def _tell(self, architectures: Sequence[Any], values: list[float], errors: list[str]) -> None:
        failures = self._records.tell(architectures, values, errors)
        self._autosave()  # before warnings, which may be made errors
        for failure in failures:
            warnings.warn(failure, FailedEvaluationWarning, stacklevel=3)

    # ------------------------------------------------------------------- run

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the state to a file, which is replaced completely or not at all.

        Parameters
        ----------
        path : path-like
            The file. It holds a pickle: load only files that you trust.
        """
        save_state(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PredictorSearch:
        """Load a saved search, which continues as if it had never stopped.

        Parameters
        ----------
        path : path-like
            The file. If the search had a `path`, it saves to this file from now on.

        Returns
        -------
        PredictorSearch

        Raises
        ------
        ValueError
            If the file holds something else, is damaged, or needs a module that cannot
            be imported.
        """
        search: PredictorSearch = load_state(path, cls)
        if search.path is not None:
            search.path = path
        return search

    def _autosave(self) -> None:
        if self.path is not None:
            self.save(self.path)

    def run(
        self, evaluate: Callable[[Any], float], budget: int, *, n_jobs: int | None = None
    ) -> PredictorSearch:
        """Propose and evaluate until the budget is used up.

        Architectures left pending by a stopped run are evaluated first. Each value is
        recorded as it arrives, and the state is saved if `path` is set.

        Parameters
        ----------
        evaluate : callable
            Takes an architecture and returns its performance; `direction` says whether
            high or low is best. If it raises, or returns NaN or infinity, the
            evaluation has failed.
        budget : int
            Total number of evaluations, including failed ones and those of earlier runs.
        n_jobs : int, default=None
            Number of parallel evaluations, through the current joblib backend. A round
            of `batch_size` is finished before the next one is proposed.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `evaluate` cannot be called, or `budget` is not an integer.
        ValueError
            If `budget` is not positive.
        RuntimeError
            If all of the first `n_initial` evaluations have failed.

        Warns
        -----
        FailedEvaluationWarning
            For each failed evaluation.
        """
        budget = positive_count("budget", budget)
        if not callable(evaluate):
            raise TypeError(
                f"evaluate is a {type(evaluate).__name__}; a function that takes an architecture "
                "and returns its performance is expected."
            )
        seconds = dict.fromkeys(("fit", "evaluate"), 0.0)
        evaluations = self._evaluations(evaluate, budget, n_jobs, seconds)
        done = len(self.history_)
        bar: Any = progress(evaluations, self.verbose, total=budget, initial=done, desc="search")
        for architecture, value, error in bar:
            self._tell(architecture, [value], [error])
            if self.verbose:
                shown = {name: f"{spent:.1f}s" for name, spent in seconds.items()}
                best = f"{self.best_value_:.6g}"
                bar.set_postfix({"best": best, "round": self._round, **shown}, refresh=False)
        return self

    def _evaluations(
        self,
        evaluate: Callable[[Any], float],
        budget: int,
        n_jobs: int | None,
        seconds: dict[str, float],
    ) -> Iterator[tuple[Any, float, str]]:
        """Evaluate until the budget is spent; tell each result before asking for the next.

        `seconds` holds the time spent on fits with proposals, and on evaluations.
        """
        start = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal start
            now = time.perf_counter()
            seconds[name] += now - start
            start = now

        while len(self.history_) < budget:
            known = len(self.history_)
            n = self.n_initial - known if known < self.n_initial else self.batch_size
            left = budget - known
            if not self.pending_:
                self.ask(min(n, left))
                lap("fit")
            batch = self._records.outstanding()[:left]
            if not len(batch):
                break
            for i, value, error in measure_all(evaluate, batch, n_jobs):
                lap("evaluate")
                yield batch[i : i + 1], value, error
                start = time.perf_counter()
            if len(self.history_) >= self.n_initial and self.best_architecture_ is None:
                raise RuntimeError(
                    f"All {len(self.history_)} evaluations have failed; the last one: "
                    f"{self.history_[-1]['error']}"
                )

    # --------------------------------------------------------------- results

    @property
    def predictor_(self) -> Any:
        """The last fitted predictor; None before the first fit and after loading."""
        return self._proposer.predictor_

    @property
    def history_(self) -> list[dict[str, Any]]:
        """The reported values, in order."""
        return self._records.history

    @property
    def pending_(self) -> list[Any]:
        """Architectures awaiting results."""
        return self._records.pending

    @property
    def best_value_(self) -> float:
        """The best reported value; NaN before the first one."""
        return self._records.best_value

    @property
    def best_architecture_(self) -> Any:
        """The architecture with the best value; None before the first one."""
        return self._records.best_architecture

    def to_frame(self) -> DataFrame:
        """The history as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            `history_`, a row for each value. Graphs are shown in their native forms, or
            by their operations if the search space is not one of
            :mod:`tagates_sk.spaces`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        graphs = [row["architecture"] for row in self.history_]
        forms = texts(graphs, native_forms(graphs, self.space))
        rows = [row | {"architecture": f} for row, f in zip(self.history_, forms, strict=True)]
        return data_frame("to_frame", rows)

    def top(self, n: int = 10) -> RankedArchitectures:
        """The best architectures measured so far.

        Parameters
        ----------
        n : int, default=10
            How many; all of them if there are fewer. Failed evaluations are left out.

        Returns
        -------
        RankedArchitectures
            `score` is the value, and `rows` are positions in `history_`. An
            architecture that was reported several times is listed several times.

        Raises
        ------
        TypeError
            If n is not an integer.
        ValueError
            If n is not positive.
        """
        n = positive_count("n", n)
        told = [i for i, row in enumerate(self.history_) if not row["failed"]]
        values = self._records.values
        best = np.argsort(-self._records.upwards(values), kind="stable")[:n]
        rows = np.array(told, dtype=np.intp)[best]
        graphs = [self.history_[i]["architecture"] for i in rows]
        return RankedArchitectures(graphs, values[best], rows, space=self.space)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Plot each value, and the best value so far.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; by default the current axes.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return plot_history(self.history_, self.direction, ax)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.history_)} told, {len(self.pending_)} pending, "
            f"best {self.best_value_:.6g}>"
        )
