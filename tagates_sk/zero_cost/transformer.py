"""ZeroCostSaliency: architectures in, the same architectures with zero-cost vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Names, Number, RandomState
from ..graphs import (
    ArchitectureSequence,
    PackedGraphs,
    as_architectures,
    read_architectures,
)
from ..graphs.architectures import forms_of
from ..graphs.attach import attached
from ..graphs.canonical import CanonicalForm
from ..nn.devices import Device, resolve_device
from .evaluation import Function, Setting, check_data, evaluate, operation_saliencies
from .memory import check_memory
from .network import NetworkConfig
from .saliency import metric_named
from .scaling import SCALINGS, Scaler

FIVE = ("grad_norm", "snip", "plain", "grasp", "synflow")
"""The saliencies of TA-GATES, section 3.2."""


class BaseZeroCost(TransformerMixin, BaseEstimator):
    """What evaluates architectures as untrained networks on one batch."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "skeleton": [StrOptions({"auto", "nasbench201", "nasbench101", "darts", "macro"})],
        "stem_channels": [Number(Integral, 1, None, closed="left")],
        "cells_per_stage": [Number(Integral, 1, None, closed="left")],
        "n_stages": [Number(Integral, 1, None, closed="left")],
        "image_size": [Number(Integral, 1, None, closed="left")],
        "batch_size": [Number(Integral, 2, None, closed="left")],
        "n_init": [Number(Integral, 1, None, closed="left")],
        "images": ["array-like", None],
        "labels": ["array-like", None],
        "random_state": ["random_state"],
        "device": [str, Device],
        "n_jobs": [Integral, None],
        "memory": [str, HasMethods(["cache"]), None],
        "verbose": ["verbose"],
    }

    skeleton: str
    stem_channels: int
    cells_per_stage: int
    n_stages: int
    image_size: int
    batch_size: int
    n_init: int
    images: Any
    labels: Any
    random_state: Any
    device: str | Device
    n_jobs: int | None
    memory: Any
    verbose: int

    def _check_names(self, parameter: str) -> None:
        names = list(getattr(self, parameter))
        if not names:
            raise ValueError(f"{parameter} is empty: name at least one.")
        twice = sorted({str(name) for i, name in enumerate(names) if name in names[:i]})
        if twice:
            raise ValueError(f"{parameter} has {', '.join(twice)} more than once: name each once.")

    def _start(self, metrics: Sequence[str], others: Sequence[str] = ()) -> None:
        """Draw the seed and fix all that results depend on."""
        self._data, digest = check_data(self.images, self.labels)
        channels, classes = 3, 10
        if self._data is not None:
            channels, classes = self._data[0].shape[1], int(self._data[1].max()) + 1
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1 - self.n_init))
        self._setting = Setting(
            network=NetworkConfig(
                skeleton=self.skeleton,
                stem_channels=self.stem_channels,
                cells_per_stage=self.cells_per_stage,
                n_stages=self.n_stages,
                n_classes=max(classes, 2),
                in_channels=channels,
            ),
            metrics=tuple((name, metric_named(name, others)) for name in metrics),
            image_size=self.image_size,
            batch_size=self.batch_size,
            n_init=self.n_init,
            seed=self.seed_,
            data=digest,
        )

    def _evaluate(
        self, function: Function, X: ArchitectureSequence
    ) -> tuple[list[Floats], PackedGraphs, Sequence[CanonicalForm]]:
        """What a function gives for each architecture, and how these were read."""
        packed, size = read_architectures(X), self.image_size
        shape = (self.batch_size, size, size)
        if self._data is not None:
            n, _, height, width = self._data[0].shape
            shape = (n, height, width)
        check_memory(packed, self._setting.network, shape)
        forms = forms_of(X)
        results = evaluate(
            function,
            packed,
            forms,
            self._setting,
            self._data,
            device=str(resolve_device(self.device)),
            n_jobs=self.n_jobs,
            memory=self.memory,
            verbose=self.verbose,
        )
        return results, packed, forms

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


class ZeroCostSaliency(BaseZeroCost):
    r"""Attach zero-cost saliencies to the operations of architectures.

    Every architecture becomes an untrained network. One batch through it gives
    saliencies of its weights, which are added up over each operation's weights
    and the repetitions of the cell, scaled, and put beside ``op`` as the
    attribute ``zero_cost``. Operations of one type in symmetric positions get
    different vectors, which breaks the symmetry of the encoding (section 3.2 of
    [1]_). Nothing is trained and no label is used.

    For weights w, gradient g and Hessian H of the loss:

    - ``"grad_norm"``: ‖g‖₂;
    - ``"snip"``: Σ |g w| [2]_;
    - ``"plain"``: Σ g w;
    - ``"grasp"``: −Σ (H g) w, with g over all weights of the network [3]_;
    - ``"synflow"``: Σ \|w\| ∂R/∂\|w\| with an input of ones, R the sum of outputs,
      and normalisation layers inactive [4]_;
    - ``"fisher"``: the sum over channels of half the mean, over the batch, of
      (Σ a ∂loss/∂a)², a the activations behind the weights [5]_;
    - ``"l2_norm"``: ‖w‖₂.

    Parameters
    ----------
    metrics : sequence of str, default=("grad_norm", "snip", "plain", "grasp", "synflow")
        The entries of the vectors; more can be added by
        :func:`~tagates_sk.zero_cost.register_metric`.
    skeleton : {"auto", "nasbench201", "nasbench101", "darts", "macro"}, default="auto"
        The network around the cell, see :func:`~tagates_sk.zero_cost.build_network`.
    stem_channels : int, default=8
        Channels of the first stage.
    cells_per_stage : int, default=1
        Repetitions of the cell in each stage.
    n_stages : int, default=3
        Stages; each halves the resolution and doubles the channels.
    image_size : int, default=16
        Height and width of the random images.
    batch_size : int, default=32
        Number of random images.
    n_init : int, default=1
        Initialisations whose saliencies are averaged.
    images : array-like, shape (n, channels, height, width), default=None
        A batch of images instead of random ones.
    labels : array-like of int, shape (n,), default=None
        Their classes.
    scaling : {"signed_log", "rank", "standard", "none"}, default="signed_log"
        ``"signed_log"`` is sign(x) log(1 + \|x\| / m), with m the tenth percentile
        of \|x\| in `fit`, then standardised; ``"rank"`` maps to normal quantiles;
        ``"standard"`` only standardises. Statistics are those of the operations
        with weights in `fit`; the others keep zeros.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights and of the batch, the same for all
        architectures: pass an int for the same vectors at every call.
    device : str or torch.device, default="cpu"
        Where networks are evaluated. Single networks are small: many processes
        are faster than a GPU.
    n_jobs : int, default=None
        Number of processes; each uses one thread. The backend is joblib's:
        ``with joblib.parallel_config(backend="dask")`` spreads the work over a
        cluster.
    memory : str or joblib.Memory, default=None
        Where to keep results on disk. A new release of the library, and an edit
        of an operation or metric of your own or of what it calls in its module,
        computes them anew; an edit in other modules does not. Within a process
        they are remembered anyway: isomorphic architectures and folds of a
        cross-validation cost once.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    seed_ : int
        The seed drawn from `random_state`.
    n_metrics_ : int
        Length of the vectors.

    See Also
    --------
    ZeroCostProxies : One row of numbers for each architecture.
    tagates_sk.TAGATESRanker : Reads the vectors, ``symmetry_breaking="auto"``.

    Notes
    -----
    Vectors depend on the architecture up to isomorphism, on the parameters and
    on the seed; not on other architectures, on the order of X or on `n_jobs`
    (the scaling depends on what `fit` saw).

    References
    ----------
    .. [1] X. Ning et al., "TA-GATES: An Encoding Scheme for Neural Network
       Architectures", NeurIPS 2022.
    .. [2] N. Lee, T. Ajanthan and P. Torr, "SNIP: Single-shot network pruning
       based on connection sensitivity", ICLR 2019.
    .. [3] C. Wang, G. Zhang and R. Grosse, "Picking winning tickets before
       training by preserving gradient flow", ICLR 2020.
    .. [4] H. Tanaka, D. Kunin, D. Yamins and S. Ganguli, "Pruning neural networks
       without any data by iteratively conserving synaptic flow", NeurIPS 2020.
    .. [5] J. Turner, E. Crowley, M. O'Boyle, A. Storkey and G. Gray,
       "BlockSwap: Fisher-guided block substitution for network compression on a
       budget", ICLR 2020.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from tagates_sk import TAGATESRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.zero_cost import ZeroCostSaliency
    >>> nb201 = load_nasbench201()
    >>> saliency = ZeroCostSaliency(random_state=0)
    >>> with_vectors = saliency.fit_transform([nb201.dags[1462], nb201.dags[2000]])
    >>> with_vectors[0].edges[0, 1]["zero_cost"].shape
    (5,)
    >>> model = make_pipeline(saliency, TAGATESRanker(max_iter=2, random_state=0))
    >>> model.fit(nb201.dags[:20], nb201.target[:20]).predict(nb201.dags[20:23]).shape
    (3,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "metrics": [Names()],
        **BaseZeroCost._parameter_constraints,
        "scaling": [StrOptions(set(SCALINGS))],
    }

    def __init__(
        self,
        metrics: Sequence[str] = FIVE,
        *,
        skeleton: str = "auto",
        stem_channels: int = 8,
        cells_per_stage: int = 1,
        n_stages: int = 3,
        image_size: int = 16,
        batch_size: int = 32,
        n_init: int = 1,
        images: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        scaling: str = "signed_log",
        random_state: RandomState = None,
        device: str | Device = "cpu",
        n_jobs: int | None = None,
        memory: Any = None,
        verbose: int = 0,
    ) -> None:
        self.metrics = metrics
        self.skeleton = skeleton
        self.stem_channels = stem_channels
        self.cells_per_stage = cells_per_stage
        self.n_stages = n_stages
        self.image_size = image_size
        self.batch_size = batch_size
        self.n_init = n_init
        self.images = images
        self.labels = labels
        self.scaling = scaling
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs
        self.memory = memory
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArchitecturesLike, y: Any = None) -> ZeroCostSaliency:
        """Learn the scaling.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or its network would take more than four
            times scikit-learn's ``working_memory``.
        UnregisteredOperationError
            If one of its operations has no registered builder.
        """
        self._check_names("metrics")
        self.n_metrics_ = len(self.metrics)
        self._start(self.metrics)
        self._scaler = Scaler.fit(self._raw(as_architectures(X)), self.scaling)
        return self

    def fit_transform(self, X: ArchitecturesLike, y: Any = None) -> Any:
        """Learn the scaling and attach the vectors; architectures are read once.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; they are not changed.
        y : None
            Not used.

        Returns
        -------
        list, Architectures or ZeroCostSequence
            See :meth:`transform`.
        """
        read = as_architectures(X)
        found = self.fit(read).transform(read)
        return found if isinstance(X, ArchitectureSequence) else list(found)

    def transform(self, X: ArchitecturesLike) -> Any:
        """Attach the vectors.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; they are not changed.

        Returns
        -------
        list, Architectures if X is one, or ZeroCostSequence if it is lazy
            Copies of the architectures with the attribute ``zero_cost``, an
            ndarray of float32, beside every ``op``.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or its network would take more than four
            times scikit-learn's ``working_memory``.
        UnregisteredOperationError
            If one of its operations has no registered builder.
        """
        check_is_fitted(self, "_scaler")
        read = as_architectures(X)
        found = attached(read, self._scaler.transform(self._raw(read)))
        return found if isinstance(X, ArchitectureSequence) else list(found)

    def raw_saliencies(self, X: ArchitecturesLike) -> list[Floats]:
        """Saliencies before scaling.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        list of n ndarray, shape (n_ops, n_metrics)
            Operations in the order in which the library reads them.
        """
        check_is_fitted(self, "_scaler")
        read = as_architectures(X)
        packed = read_architectures(read)
        bounds = packed.op_ptr[:: packed.n_cells]
        return np.split(self._raw(read), bounds[1:-1])

    def _raw(self, X: ArchitectureSequence) -> Floats:
        results, packed, forms = self._evaluate(operation_saliencies, X)
        raw = np.empty((len(packed.op_type), self.n_metrics_))
        first: NDArray[np.integer[Any]] = packed.op_ptr[:: packed.n_cells]
        for start, form, result in zip(first, forms, results, strict=False):
            raw[start + form.order] = result
        return raw
