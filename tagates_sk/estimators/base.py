"""What TAGATESRanker and TAGATESRegressor share: parameters, fit and predict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Number, RandomState, Transformer, positive_count
from ..graphs import as_architectures, read_architectures
from ..nn.config import CHOICES
from ..nn.devices import Device
from ..nn.transfer import EncoderState
from ..training.conditions import (
    KnownConditions,
    TrainingCondition,
    check_conditions,
    check_single_target,
)
from ..training.estimator import ONE_EPOCH, NetworkEstimator
from ..training.network import FittedNetwork
from ..training.targets import check_targets, spread_over_members
from ..training.tasks import RANKING
from .composition import MEMBERS, Composition
from .encoder import Encoders, Labelled
from .head_features import HeadFeatures
from .networks import epochs_of
from .pretraining import pretrained_encoder, source_of
from .regressors import (
    check_members,
    kind_of,
    named_regressors,
    parameters_of,
    with_parameters,
)
from .variant import Variant

if TYPE_CHECKING:
    from ..spaces import RankedArchitectures

Self = TypeVar("Self", bound="BaseTAGATES")
_USUAL_SWITCHES: dict[str, Any] = Variant().get_params()
Conditions = TrainingCondition | Sequence[TrainingCondition] | None


class BaseTAGATES(NetworkEstimator):
    """The shared base of both estimators; see :mod:`tagates_sk.estimators.encoder`."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{
            name: allowed
            for name, allowed in NetworkEstimator._parameter_constraints.items()
            if name not in Variant._parameter_constraints
        },
        "T": [Number(Integral, 1, None, closed="left")],
        "s": [Number(Real, 0, None, closed="left")],
        "symmetry_breaking": [StrOptions({"auto", *CHOICES["symmetry_breaking"]})],
        "beta": [Number(Real, 0, None, closed="left")],
        "n_layers": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "layer_dim": [Number(Integral, 1, None, closed="left")],
        "head": ["array-like"],
        "dropout": [Number(Real, 0, 1, closed="left")],
        "features": [HasMethods(["fit", "transform"]), None],
        "n_members": [Number(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean"],
        "pretrained": [HasMethods(["pretrain"]), EncoderState, None],
        "pretrained_learning_rate": [Number(Real, 0, None, closed="left")],
        "margin": [Number(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "members": [StrOptions({"all", "encoder", "statistics"}), list, tuple],
        "proxies": [HasMethods(["fit", "transform"]), StrOptions({"auto"}), None],
        "memory": [str, os.PathLike, HasMethods(["cache"]), None],
        "variant": [Variant, None],
    }

    _elsewhere: ClassVar[dict[str, str]] = {
        name: f"variant=Variant({name}=...)" for name in Variant._parameter_constraints
    }
    composition_: Composition | None
    _encoders: Encoders
    pretrained_: EncoderState

    def __init__(
        self,
        *,
        T: int = 2,
        s: float = 0.1,
        symmetry_breaking: str = "auto",
        beta: float = 0.1,
        n_layers: int | str = "auto",
        layer_dim: int = 64,
        head: Sequence[int] = (200, 200),
        dropout: float = 0.1,
        features: Transformer | None = None,
        members: str | Sequence[Any] = "all",
        n_members: int = 2,
        bootstrap: bool = False,
        pretrained: Any = None,
        pretrained_learning_rate: float = 0.1,
        loss: str = "auto",
        margin: float | str = "auto",
        learning_rate: float = 1e-3,
        schedule: str = "one_cycle",
        weight_decay: float = 0.05,
        batch_size: int | str = "auto",
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 0.0,
        warm_start: bool = False,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        proxies: Transformer | str | None = None,
        memory: Any = None,
        variant: Variant | None = None,
        device: str | Device = "auto",
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        self.T = T
        self.s = s
        self.symmetry_breaking = symmetry_breaking
        self.beta = beta
        self.n_layers = n_layers
        self.layer_dim = layer_dim
        self.head = head
        self.dropout = dropout
        self.features = features
        self.members = members
        self.n_members = n_members
        self.bootstrap = bootstrap
        self.pretrained = pretrained
        self.pretrained_learning_rate = pretrained_learning_rate
        self.loss = loss
        self.margin = margin
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.operations = operations
        self.handle_unknown = handle_unknown
        self.proxies = proxies
        self.memory = memory
        self.variant = variant
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    # -------------------------------------------------------------- parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, with names such as ``variant__readout`` for those of the variant.

        Regressors among the members have names such as ``members__ridge__alpha``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of contained objects.

        Returns
        -------
        dict
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            params |= parameters_of(self.members)
        if deep and self.variant is None:
            params |= {f"variant__{name}": value for name, value in _USUAL_SWITCHES.items()}
        return params

    def set_params(self: Self, **params: Any) -> Self:
        """Set parameters, by the names that :meth:`get_params` uses.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self
        """
        if self.variant is None and any(name.startswith("variant__") for name in params):
            params = {"variant": Variant(), **params}
        nested = {
            name.removeprefix("members__"): params.pop(name)
            for name in list(params)
            if name.startswith("members__")
        }
        super().set_params(**params)
        self.members = with_parameters(self.members, nested)
        return self

    def __sklearn_clone__(self: Self) -> Self:
        """Copy the estimator for `clone`, but keep `pretrained` itself."""
        copy: Self = super().__sklearn_clone__()
        copy.pretrained = self.pretrained
        return copy

    def _parameters(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in self._get_param_names()}
        if self.variant is None:
            return {**own, **_USUAL_SWITCHES}
        self.variant._validate_params()
        return {**own, **self.variant.get_params()}

    # -------------------------------------------------------- what fit learned

    @property
    def encoders_(self) -> Encoders:
        """The TA-GATES encoders, with heads, features and training conditions."""
        if self.composition_ is None:
            return self._encoders
        if self.composition_.encoders is None:
            raise AttributeError(
                f"This {type(self).__name__} was fitted with members='statistics', and has no "
                "encoder. Fit it with members='all' or 'encoder'."
            )
        return self.composition_.encoders

    @property
    def operations_(self) -> list[str]:
        """The vocabulary, sorted."""
        if self.composition_ is not None:
            return list(self.composition_.statistics.operations_)
        return self.network_.operations

    @property
    def network_(self) -> FittedNetwork:  # type: ignore[override]
        """The networks."""
        return self.encoders_.network

    @property
    def n_layers_(self) -> int:
        """Number of layers of the encoder."""
        return self.encoders_.model.encoder.config.n_layers

    @property
    def head_features_(self) -> HeadFeatures | None:
        """The fitted transformer of `features`."""
        return self.encoders_.head_features

    @property
    def conditions_(self) -> KnownConditions | None:
        """Training conditions seen in fit; ``seen[0]`` is the reference."""
        return self.encoders_.conditions

    @property
    def column_weights_(self) -> Floats:
        """Weight of each column of y in the loss of each encoder."""
        return self.encoders_.column_weights

    @property
    def std_scale_(self) -> float:
        """Factor for the standard deviation over the encoders."""
        return self.encoders_.std_scale

    # ----------------------------------------------------------------- fitting

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self: Self,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        conditions: Conditions = None,
        X_unlabeled: ArchitecturesLike | None = None,
    ) -> Self:
        """Fit all members to measured architectures, and weight them.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures, each a cell or a tuple of cells.
        y : array-like of float, shape (n,) or (n, k)
            Performance; higher is better. Several columns are points of training,
            earliest first, with NaN where nothing was measured.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures. The weight of a pair is the product of both.
        conditions : sequence of n TrainingCondition, or one for all, optional
            How the architectures were trained (section 6 of the paper); y then
            has shape (n,). List an architecture once for each time it was trained.
        X_unlabeled : sequence of architectures, optional
            Architectures without labels, such as the search space or a sample of it.
            They set the scale of graph statistics, `proxies` are ranked among them, and
            with `proxies` networks learn from 2,000 of them. Without a blend they are
            ignored.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.
        ValueError
            If y, weights or conditions do not match X or each other; if X_unlabeled is
            a single architecture; if proxies are not finite; if proxies are given but
            the encoders predict alone.

        Warns
        -----
        FitInterruptedWarning
            If interrupted by Ctrl-C; the best state so far is kept.
        """
        return self._fit(
            X, y, sample_weight, conditions, resume=self.warm_start, X_unlabeled=X_unlabeled
        )

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self: Self,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        conditions: Conditions = None,
    ) -> Self:
        """Train the encoders for one epoch, at a constant learning rate.

        The other members and the weights of the blend do not change. Without an earlier
        fit there are only encoders. The first call determines operations, number of
        cells, conditions and units of the target. If it does not see all operations,
        list them in `operations`.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : array-like of float, shape (n,) or (n, k)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures.
        conditions : sequence of n TrainingCondition, or one for all, optional
            How the architectures were trained; by default like the reference.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.
        UnknownOperationError
            If an operation was not in the first call and `handle_unknown` is
            ``"error"``.
        ValueError
            If y, weights or conditions do not match X or the first call, or if
            ``members="statistics"``.
        """
        return self._fit(X, y, sample_weight, conditions, resume=True, **ONE_EPOCH)

    def _fit(
        self: Self,
        X: ArchitecturesLike,
        y: Any,
        sample_weight: ArrayLike | None,
        conditions: Conditions,
        *,
        resume: bool,
        X_unlabeled: ArchitecturesLike | None = None,
        **changes: Any,
    ) -> Self:
        check_members(self.members, tuple(MEMBERS))
        kind = kind_of(self.members)
        parameters, X = self._parameters(), as_architectures(X)
        packed = read_architectures(X)
        most = self.T if parameters["anytime"] else None
        targets, weights = check_targets(type(self).__name__, len(packed), y, sample_weight, most)
        data = Labelled(X, packed, targets, weights)
        simple = targets.shape[1] == 1 and conditions is None
        if kind == "statistics" and (changes or not simple):
            raise ValueError(_NEEDS_ENCODERS)
        if named_regressors(self.members) and not simple:
            raise ValueError(_ONE_TARGET)
        resume = resume and hasattr(self, "encoders_")
        if resume and self.composition_ is not None and kind == "encoder" and not changes:
            resume = False  # these encoders learned the order only
        known = self.conditions_ if resume else None
        if conditions is not None:
            known = self._under_conditions(data, y, conditions, resume, known)
        rng = check_random_state(self.random_state)
        given = self.pretrained is not None or hasattr(self, "pretrained_")
        source = source_of(self) if given else None
        if resume and targets.shape[1] != self.n_targets_:
            raise ValueError(
                f"y has {targets.shape[1]} columns; in the first fit it had {self.n_targets_}."
            )
        composed = kind != "encoder" and simple
        if not composed:
            parameters["max_iter"] = epochs_of(self.max_iter)
        if self.proxies is not None and not composed:
            raise ValueError(
                "proxies are read by statistical members, which know one target of one training: "
                "set members='all', and give one column of y and no conditions, or leave proxies "
                "out."
            )
        unlabeled = None if X_unlabeled is None else as_architectures(X_unlabeled)
        if unlabeled is not None and len(unlabeled) < 2:
            raise ValueError("X_unlabeled has one architecture; at least two are needed.")
        if not changes and composed:
            with_networks = kind == "all"
            self.composition_ = Composition.fit(
                data,
                parameters,
                source,
                rng,
                with_networks=with_networks,
                encoders=self.encoders_ if resume and with_networks else None,
                unlabeled=unlabeled,
            )
            if hasattr(self, "_encoders"):
                del self._encoders
            return self
        encoders = self.encoders_ if resume else None
        if encoders is None:
            encoders = Encoders.start(data, self._task, parameters, source, known, rng)
        encoders.train(
            data,
            RANKING if resume and self.composition_ else self._task,
            parameters,
            rng,
            starts_from_another=source is not None,
            early_stopping=self.early_stopping and not changes,
            **changes,
        )
        if not resume:  # all at once: another thread may be predicting
            self._encoders = encoders
            self.composition_ = None
        return self

    def _under_conditions(
        self,
        data: Labelled,
        y: ArrayLike,
        conditions: TrainingCondition | Sequence[TrainingCondition],
        resume: bool,
        known: KnownConditions | None,
    ) -> KnownConditions:
        """Add conditions to `data`, with targets in the unit of the reference."""
        if resume and known is None:
            raise ValueError(_NONE_IN_FIT)
        if (self.encoders_.T if resume else self.T) < 2:
            raise ValueError(
                "conditions act on the updates between time steps, and T=1 has none. Set T to 2 "
                "or more."
            )
        check_single_target(y)
        data.conditions = check_conditions(conditions, len(data.packed))
        known = KnownConditions.of(data.conditions, data.y[:, 0]) if known is None else known
        data.y = known.to_reference(data.y[:, 0], data.conditions)[:, None]
        return known

    @_fit_context(prefer_skip_nested_validation=False)
    def pretrain(
        self: Self,
        X: ArchitecturesLike,
        targets: Any = None,
        *,
        max_iter: int = 20,
        batch_size: int = 64,
    ) -> Self:
        """Pre-train the encoders on properties of architectures that need no labels.

        A linear map from encodings learns the targets and is then discarded; `fit`
        starts from the pre-trained encoders. The loss is the squared error of the
        standardised targets. Optimizer, learning rate, schedule and weight decay are
        those of the estimator.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            Architectures, measured or not.
        targets : transformer, or array-like of float, shape (n, k), default=None
            A matrix with a row for each architecture, or a transformer that makes one,
            such as :class:`~tagates_sk.zero_cost.ZeroCostProxies`. None means
            :class:`~tagates_sk.features.OperationStatistics`.
        max_iter : int, default=20
            Epochs.
        batch_size : int, default=64
            Architectures per step.

        Returns
        -------
        self
            With the attribute `pretrained_`. Calling this again starts from scratch.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        NonFiniteLossError
            If training diverges.
        ValueError
            If the targets are not a finite matrix with a row for each architecture.
        """
        if hasattr(self, "pretrained_"):
            del self.pretrained_
        self.pretrained_ = pretrained_encoder(
            X, targets, self._parameters(), source_of(self), max_iter, batch_size
        )
        return self

    # -------------------------------------------------------------- predicting

    def predict(
        self,
        X: ArchitecturesLike,
        return_std: bool = False,
        partial: ArrayLike | None = None,
        conditions: Conditions = None,
    ) -> Floats | tuple[Floats, Floats]:
        """Predict the performance of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures. They are read and predicted in batches, to bound memory.
        return_std : bool, default=False
            Whether to return standard deviations, too.
        partial : array-like of float, shape (n, j) with j < k, or (n, k), optional
            Early results of architectures that are still training: the first j columns
            of y, with NaN where nothing was observed. The final column is predicted
            from these and the graphs.
        conditions : sequence of n TrainingCondition, or one for all, optional
            Training condition to predict for. By default the reference: the condition
            in fit with the largest sum of learning rates.

        Returns
        -------
        mean : ndarray of float64, shape (n,)
            The blend of the members; higher is better. A ranker gives scores, a
            regressor values in the units of y. If the encoders predict alone, their
            mean.
        std : ndarray of float64, shape (n,)
            Standard deviations; only if `return_std` is set. In a blend they come from
            the Gaussian processes; a regressor scales them so that central 80%
            intervals hold 80% of the labels out of sample. If the encoders predict
            alone, the standard deviation over the encoders times `std_scale_`.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, has another number of cells or
            lacks the zero-cost vectors.
        UnknownOperationError
            If an operation was not in fit and `handle_unknown` is ``"error"``.
        ValueError
            If `return_std` is set and a single encoder predicts alone, or if `partial`
            or `conditions` do not match X or the fit.
        """
        check_is_fitted(self, "composition_")
        composition = self.composition_  # another thread may be fitting
        if composition is not None and partial is None and conditions is None:
            blended = composition.predict(X, self.handle_unknown, self.verbose)
            mapped = composition.score_map if self._task.in_units else None
            mean = mapped.predict(blended.scores) if mapped else blended.scores
            if not return_std:
                return mean
            return mean, mapped.std(blended.scores, blended.spread) if mapped else blended.spread
        encoders = self.encoders_
        if return_std and encoders.model.n_members < 2:
            raise ValueError(
                "return_std=True asks for the disagreement of members, and this "
                f"{type(self).__name__} has one. Fit it with n_members=5, for instance."
            )
        listed = None
        if conditions is not None:
            if encoders.conditions is None:
                raise ValueError(_NONE_IN_FIT)
            listed = check_conditions(conditions, len(X))
        members = encoders.predict(X, self.handle_unknown, self.verbose, listed, partial)[:, -1]
        mean, std = members.mean(1), np.zeros(0)
        if return_std:
            std = spread_over_members(members) * encoders.std_scale
        if listed is not None and self._task.in_units:
            assert encoders.conditions is not None
            mean, scale = encoders.conditions.from_reference(mean, listed)
            std = std * scale if return_std else std
        return (mean, std) if return_std else mean

    def top(self, n: int, X: ArchitecturesLike) -> RankedArchitectures:
        """The architectures with the best predictions.

        Parameters
        ----------
        n : int
            How many; all of them if there are fewer.
        X : sequence of networkx.DiGraph, or of tuples of them
            The architectures to choose from. Isomorphic ones get equal predictions, and
            all are listed.

        Returns
        -------
        RankedArchitectures
            Holds predictions, their standard deviations (unless a single encoder
            predicts alone), and positions in X.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read.
        TypeError
            If n is not an integer.
        ValueError
            If n is not positive.

        Examples
        --------
        >>> from tagates_sk import TAGATESRanker
        >>> from tagates_sk.datasets import load_nasbench201
        >>> cells, accuracy = load_nasbench201(return_X_y=True)
        >>> ranker = TAGATESRanker(members="statistics", random_state=0)
        >>> ranker.fit(cells[:50], accuracy[:50]).top(3, cells[50:1000]).rows.shape
        (3,)
        """
        from ..spaces import RankedArchitectures  # and all spaces, which a fit does not need

        check_is_fitted(self, "composition_")
        n = positive_count("n", n)
        X = as_architectures(X)
        has_std = self.composition_ is not None or self.encoders_.model.n_members > 1
        predicted = self.predict(X, return_std=has_std)
        mean, std = predicted if isinstance(predicted, tuple) else (predicted, None)
        best = np.argsort(-mean, kind="stable")[:n]
        return RankedArchitectures(X[best], mean[best], best, None if std is None else std[best])

    def predict_members(self, X: ArchitecturesLike) -> Floats:
        """The predictions of each member.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, k)
            In a blend: a column for each kind of network (encoders and, unless
            architectures are deep, asynchronous and recurrent networks), for each of
            two Gaussian processes, for boosted trees and for each regressor in
            `members`, before scaling and weighting. NaN if an architecture is too large
            for recurrent networks, which then have no weight. If the encoders predict
            alone: a column for each encoder.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read.
        """
        check_is_fitted(self, "composition_")
        composition = self.composition_
        if composition is not None:
            return composition.predict(X, self.handle_unknown, self.verbose).members
        return self.encoders_.predict(X, self.handle_unknown, self.verbose)[:, -1]

    def predict_anytime(self, X: ArchitecturesLike) -> Floats:
        """Predict all columns of y with the encoders.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, k)
            One column for each column of y, earliest first: the mean over the encoders,
            weighted by `column_weights_`.

        Raises
        ------
        AttributeError
            If the estimator was fitted with ``members="statistics"``.
        """
        check_is_fitted(self, "composition_")
        members = self.encoders_.predict(X, self.handle_unknown, self.verbose)
        weights = self.column_weights_
        return np.asarray((members * weights).sum(2) / weights.sum(1))

    def transform(self, X: ArchitecturesLike) -> Floats:
        """Encode architectures with the TA-GATES encoders.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray of float64, shape (n, d)
            The encodings that the head reads; d is `layer_dim` times the number
            of cells times `n_members`.

        Raises
        ------
        AttributeError
            If the estimator was fitted with ``members="statistics"``.
        """
        check_is_fitted(self, "composition_")
        return self.encoders_.encode(X, self.handle_unknown, self.verbose)

    def operation_embeddings(self, X: ArchitecturesLike, n_updates: int | None = None) -> list[Any]:
        """Get the embeddings of each architecture's operations after some or all updates.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        n_updates : int, default=None
            Number of updates, from 0 to T − 1; None for all.

        Returns
        -------
        list of n dict, or of n tuples of dict
            For each cell, a dict from a node or edge (with the key in a multigraph) to
            an ndarray of shape (n_members * op_dim,), which joins the encoders. Plain
            wires, identity operations and pruned parts have no embedding.

        Raises
        ------
        AttributeError
            If the estimator was fitted with ``members="statistics"``.
        """
        check_is_fitted(self, "composition_")
        return self.encoders_.operation_embeddings(X, self.handle_unknown, self.verbose, n_updates)


_NONE_IN_FIT = (
    "conditions are given, and the first fit had none. Fit with conditions, a TrainingCondition "
    "for each architecture, or leave them out."
)
_ONE_TARGET = (
    "regressors in members know one target of one kind of training. Give one column of y and no "
    "conditions, or set members='all'."
)
_NEEDS_ENCODERS = (
    "members='statistics' knows one target of one kind of training, and is fitted at once: several "
    "columns of y, conditions and partial_fit need encoders. Set members='all' or 'encoder'."
)
