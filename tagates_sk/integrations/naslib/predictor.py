"""TAGATESPredictor: any estimator over architectures as a NASLib predictor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import ParameterSampler
from sklearn.utils import check_random_state

from ..._utils import Floats, RandomState, tolerate_unknown_operations
from ...estimators import TAGATESRegressor
from ...graphs import InvalidArchitectureError
from .graphs import cached_dag, check_ss_type, native_form
from .parameters import SEARCHED, plain, scalars

ENCODING = "adjacency_one_hot"
"""The one encoding that can be turned back into a graph."""


class NoImportances:
    """Takes the place of the XGBoost model that NASLib looks for."""

    def get_fscore(self) -> dict[str, float]:
        """Feature importances: none, since the estimator reads graphs."""
        return {}


class TAGATESPredictor:
    """Any estimator over architectures, with the methods of NASLib's `Predictor`.

    Use it wherever NASLib [1]_ expects a predictor: in `PredictorEvaluator`, and in the
    `Ensemble` of `ZCEnsembleEvaluator` and of the Bananas and Npenas optimisers.
    `ZeroCostPredictorEvaluator` only queries, so fit the predictor first. NASLib is not
    imported; its graphs are read through ``get_spec()``, ``get_op_indices()`` or
    ``get_compact()``.

    Parameters
    ----------
    estimator : estimator, default=None
        Any regressor over DAGs, higher is better: one of this library, or a
        scikit-learn pipeline. It is cloned for every fit, and accepts operations that
        the fit did not see, whatever its `handle_unknown` is. None means
        ``TAGATESRegressor(random_state=random_state)``, which predicts in the unit of
        the accuracies, so that NASLib's mean absolute errors make sense.
    encoding_type : str or EncodingType, default="adjacency_one_hot"
        The encoding of architectures that come as lists of numbers; no other encoding
        can be read. It has no effect on NASLib's graphs.
    ss_type : str, default=None
        The search space, see :func:`to_dag`; NASLib sets it by
        :meth:`set_ss_type`.
    hpo_wrapper : bool, default=False
        Whether NASLib's evaluator may search hyper-parameters. It scores them on the
        architectures it trained with.
    hyperparameter_space : dict, default=None
        Lists or distributions for :meth:`set_random_hyperparams`, by the names of
        parameters, as for :class:`~sklearn.model_selection.RandomizedSearchCV`. None
        draws the learning rate, weight decay, dropout, layer width and T, if the
        estimator has them.
    unlabeled_factor : int, default=1
        How many unlabelled architectures to request for each labelled one. They are
        requested only if the estimator learns from them: its fit takes `X_unlabeled`,
        and `proxies`, if it has that parameter, is not None. A NASLib graph takes about
        10 MB. NASLib's evaluator provides them, its `Ensemble` does not.
    random_state : int, RandomState instance or None, default=None
        Seeds the default estimator and random hyper-parameters. NASLib's `Ensemble`
        copies its members: with an int they would all be the same.

    Attributes
    ----------
    estimator_ : estimator
        The last fitted estimator.
    hyperparams : dict or None
        The parameters set last; None if the estimator is as it was given.
    model : object
        Offers the ``get_fscore()`` that `ZCEnsembleEvaluator` calls; it has no feature
        importances.

    See Also
    --------
    to_dag : The DAG of one NASLib architecture.
    ensemble_members : Members for NASLib's `Ensemble`.

    Notes
    -----
    DAGs are cached by ``get_hash()``, so each architecture is converted once. All
    predictors share the cache, which holds up to 100,000.

    NASLib's zero-cost scores (`set_pre_computations`, `info`) rate whole networks.
    TA-GATES reads scores of operations, so it accepts these and ignores them.
    ``make_pipeline(ZeroCostSaliency(), TAGATESRanker())`` computes scores of
    operations, in tens of milliseconds per architecture.

    References
    ----------
    .. [1] A. Krishnakumar, C. White, A. Zela, R. Tu, M. Safari and F. Hutter,
       "NAS-Bench-Suite-Zero: Accelerating research on zero cost proxies",
       NeurIPS 2022.

    Examples
    --------
    The calls of NASLib's evaluator, with hashes of NAS-Bench-201 cells instead of
    NASLib's graphs:

    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.integrations.naslib import TAGATESPredictor
    >>> predictor = TAGATESPredictor(TAGATESRanker(max_iter=5, random_state=0))
    >>> predictor.set_ss_type("nasbench201")
    >>> predictor.pre_process()
    >>> cells = [(2, 0, 4, 2, 2, 3), (1, 1, 4, 0, 0, 1), (0, 2, 2, 2, 0, 3)]
    >>> predictor.fit(cells, [94.1, 71.3, 93.2], None).query(cells, None).shape
    (3,)
    """

    model = NoImportances()
    method_type = "tagates"
    """The name under which NASLib logs."""

    def __init__(
        self,
        estimator: Any = None,
        *,
        encoding_type: Any = ENCODING,
        ss_type: str | None = None,
        hpo_wrapper: bool = False,
        hyperparameter_space: Mapping[str, Any] | None = None,
        unlabeled_factor: int = 1,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = (
            TAGATESRegressor(random_state=random_state) if estimator is None else estimator
        )
        self.encoding_type = encoding_type
        self.ss_type: str | None = None
        if ss_type is not None:
            self.set_ss_type(ss_type)
        self.hpo_wrapper = hpo_wrapper
        self.hyperparameter_space = hyperparameter_space
        self.unlabeled_factor = unlabeled_factor
        self.hyperparams: dict[str, Any] | None = None
        self._random = check_random_state(random_state)
        self._unlabeled: list[Any] | None = None

    # ------------------------------------------------- what NASLib says first

    def set_ss_type(self, ss_type: str) -> None:
        """Set the search space.

        Parameters
        ----------
        ss_type : str
            The result of ``get_type()`` of NASLib's search space; see :func:`to_dag`.

        Raises
        ------
        ValueError
            If there is no such search space.
        """
        self.ss_type = check_ss_type(ss_type)

    def pre_process(self) -> None:
        """Do nothing: there is nothing to prepare without architectures."""

    def pre_compute(self, xtrain: Any, xtest: Any, unlabeled: Any = None) -> None:
        """Convert the architectures of an evaluation in advance.

        Parameters
        ----------
        xtrain, xtest : list of architectures
            Those that :meth:`fit` and :meth:`query` will get.
        unlabeled : list of architectures or None
            For an estimator that learns from them.
        """
        self._dags(xtrain)
        self._dags(xtest)
        self._set_unlabeled(unlabeled)

    def set_pre_computations(
        self,
        unlabeled: Any = None,
        xtrain_zc_info: Any = None,
        xtest_zc_info: Any = None,
        unlabeled_zc_info: Any = None,
    ) -> None:
        """Accept what NASLib's optimisers computed.

        Parameters
        ----------
        unlabeled : list of architectures or None
            For an estimator that learns from them.
        xtrain_zc_info, xtest_zc_info, unlabeled_zc_info : dict or None
            Zero-cost scores of whole networks; ignored, see the notes of the class.
        """
        self._set_unlabeled(unlabeled)

    def get_data_reqs(self) -> dict[str, Any]:
        """Tell NASLib what to provide besides architectures and accuracies.

        Returns
        -------
        dict
            It asks for unlabelled architectures if the estimator learns from them, and
            for no learning curves or hyper-parameters.
        """
        unlabeled = self._uses_unlabeled()
        return {
            "requires_partial_lc": False,
            "metric": None,
            "requires_hyperparameters": False,
            "hyperparams": None,
            "unlabeled": unlabeled,
            "unlabeled_factor": self.unlabeled_factor if unlabeled else None,
        }

    # -------------------------------------------------------- fit and predict

    def fit(self, xtrain: Any, ytrain: ArrayLike, train_info: Any = None) -> TAGATESPredictor:
        """Fit to architectures and accuracies; an earlier fit is forgotten.

        Parameters
        ----------
        xtrain : list of n architectures
            NASLib's graphs, their hashes, or encodings.
        ytrain : array-like of float, shape (n,)
            Accuracies in percent.
        train_info : list of dict or None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which.
        ValueError
            If no search space is set, or an accuracy is NaN or infinite.
        """
        dags = self._dags(xtrain)
        accuracies = _finite(ytrain)
        given = {}
        if self._unlabeled and self._uses_unlabeled():
            given["X_unlabeled"] = self._unlabeled
        estimator = self._next_estimator()
        self.estimator_ = estimator.fit(dags, accuracies, **given)
        return self

    def query(
        self, xtest: Any, info: Any = None, dataloader: Any = None, *, return_std: bool = False
    ) -> Any:
        """Predict.

        Parameters
        ----------
        xtest : list of n architectures, or one NASLib graph
            The architectures to predict.
        info, dataloader : object
            Not used.
        return_std : bool, default=False
            Whether to return standard deviations, too, if the estimator has them.

        Returns
        -------
        ndarray of float64, shape (n,), or float for one graph
            Higher is better.
        std : the same
            If `return_std`.

        Raises
        ------
        NotFittedError
            If :meth:`fit` was not called.
        InvalidArchitectureError
            If an architecture cannot be read; the message says which.
        """
        if not hasattr(self, "estimator_"):
            raise NotFittedError("This TAGATESPredictor is not fitted yet: call fit before query.")
        single = hasattr(xtest, "get_hash")
        dags = self._dags([xtest] if single else xtest)
        if return_std:
            return tuple(_column(v, single) for v in self.estimator_.predict(dags, return_std=True))
        return _column(self.estimator_.predict(dags), single)

    def native_forms(self, architectures: Sequence[Any]) -> list[Any]:
        """Hashable forms of architectures; equal architectures have equal forms.

        Parameters
        ----------
        architectures : list of architectures
            As for :meth:`query`.

        Returns
        -------
        list of tuple

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which.
        """
        ss_type = check_ss_type(self.ss_type)
        return self._each(architectures, lambda one: native_form(one, ss_type))

    # -------------------------------------------------------- hyper-parameters

    @property
    def default_hyperparams(self) -> dict[str, Any]:
        """The searched parameters, as the estimator was given."""
        given = scalars(self.estimator.get_params())
        return {name: given[name] for name in self._searched() if name in given}

    def get_hyperparams(self) -> dict[str, Any]:
        """The parameters of the next fit that are numbers or strings.

        Returns
        -------
        dict
            Can be written as JSON; None and objects are left out.
        """
        return scalars(self._next_estimator().get_params())

    def set_hyperparams(self, hyperparams: Mapping[str, Any] | None) -> None:
        """Set parameters of the estimator for later fits.

        Parameters
        ----------
        hyperparams : dict or None
            Values by parameter name; None does the same as :meth:`reset_hyperparams`.

        Raises
        ------
        ValueError
            If the estimator lacks one of the parameters.
        """
        changes = None if hyperparams is None else plain(hyperparams)
        if changes:
            clone(self.estimator).set_params(**changes)  # raises for a wrong name
        self.hyperparams = changes

    def reset_hyperparams(self) -> None:
        """Go back to the original parameters of the estimator."""
        self.hyperparams = None

    def get_hpo_wrapper(self) -> bool:
        """Tell whether NASLib's evaluator may search hyper-parameters."""
        return self.hpo_wrapper

    def set_random_hyperparams(self) -> dict[str, Any]:
        """Draw parameters and set them. The first call sets the original ones, as in NASLib.

        Returns
        -------
        dict
            The parameters that were set.
        """
        if self.hyperparams is None:
            drawn = self.default_hyperparams
        else:
            sampler = ParameterSampler(self._searched(), n_iter=1, random_state=self._random)
            drawn = scalars(next(iter(sampler)))
        self.set_hyperparams(drawn)
        return drawn

    # ----------------------------------------------------------------- inside

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.estimator!r}, ss_type={self.ss_type!r})"

    def _next_estimator(self) -> Any:
        estimator = tolerate_unknown_operations(clone(self.estimator))
        return estimator.set_params(**(self.hyperparams or {}))

    def _searched(self) -> dict[str, Any]:
        if self.hyperparameter_space is not None:
            return dict(self.hyperparameter_space)
        known = self.estimator.get_params()
        return {name: values for name, values in SEARCHED.items() if name in known}

    def _uses_unlabeled(self) -> bool:
        estimator = self._next_estimator()
        takes = "X_unlabeled" in inspect.signature(estimator.fit).parameters
        # TA-GATES ranks proxies among them; without proxies they are hardly worth their memory.
        return takes and getattr(estimator, "proxies", ...) is not None

    def _set_unlabeled(self, unlabeled: Any) -> None:
        if unlabeled is not None:
            self._unlabeled = self._dags(unlabeled)

    def _dags(self, architectures: Sequence[Any]) -> list[Any]:
        ss_type = check_ss_type(self.ss_type)
        return self._each(
            architectures,
            lambda architecture: cached_dag(native_form(architecture, ss_type), ss_type),
        )

    def _each(self, architectures: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
        found = []
        for i, architecture in enumerate(architectures):
            try:
                self._check_encoding(architecture)
                found.append(read(architecture))
            except InvalidArchitectureError as error:
                raise InvalidArchitectureError(f"Architecture {i}: {error}") from None
        return found

    def _check_encoding(self, architecture: Any) -> None:
        # NASLib's EncodingType is an enumeration with these strings as values.
        encoding = getattr(self.encoding_type, "value", self.encoding_type)
        if encoding != ENCODING and not hasattr(architecture, "get_hash"):
            raise InvalidArchitectureError(
                f"it is a {type(architecture).__name__}, not a NASLib graph, and with "
                f"encoding_type={encoding!r} it cannot be turned back into one; "
                f"{ENCODING!r} can."
            )


def _finite(ytrain: ArrayLike) -> Floats:
    accuracies: Floats = np.asarray(ytrain, dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(accuracies))
    if len(wrong):
        raise ValueError(
            f"ytrain[{wrong[0]}] is {accuracies[wrong[0]]} ({len(wrong)} of {len(accuracies)} are "
            "not finite): leave out architectures that NASLib has no accuracy for."
        )
    return accuracies


def _column(values: Any, single: bool) -> Any:
    column: Floats = np.asarray(values, dtype=np.float64).reshape(-1)
    return float(column[0]) if single else column
