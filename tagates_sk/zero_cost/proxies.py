"""ZeroCostProxies: one row of numbers for each architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from .._utils import ArchitecturesLike, Floats, Names, RandomState
from ..graphs import as_architectures, read_architectures
from ..graphs.canonical import pack_canonical
from ..nn.devices import Device, full_precision, with_gradients
from .evaluation import Cells, Data, Setting, networks, sums
from .forward_scores import FORWARD_SCORES, forward_scores
from .saliency import weight_saliencies
from .transformer import FIVE, BaseZeroCost


class ZeroCostProxies(BaseZeroCost):
    """Network-level zero-cost scores of architectures, as a numeric matrix.

    Every architecture becomes an untrained network, as in
    :class:`ZeroCostSaliency`; its scores are columns for any scikit-learn
    model.

    Parameters
    ----------
    proxies : sequence of str, default=("grad_norm", "snip", "plain", "grasp", \
"synflow", "parameters", "flops", "naswot", "expressivity", "progressivity")
        The columns. Any saliency of :class:`ZeroCostSaliency`, over all weights
        of the network; ``"parameters"``, the number of trained parameters;
        ``"flops"``, multiply-adds for one image in convolutions and linear
        layers; ``"naswot"``, log det K of the kernel of binary activation codes
        of the ReLUs (also ReLU6 and leaky ones), K_ij the number of units on
        which images i and j agree [1]_ (plus 1e-6 on the diagonal, so that it is
        finite);
        ``"expressivity"``, how many directions the features behind each part of
        the skeleton fill: the sum of the entropies of their principal
        components [2]_; ``"progressivity"``, the smallest growth of that
        entropy from one part to the next [2]_.
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
        Initialisations whose scores are averaged.
    images : array-like, shape (n, channels, height, width), default=None
        A batch of images instead of random ones.
    labels : array-like of int, shape (n,), default=None
        Their classes.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights and of the batch, the same for all
        architectures.
    device : str or torch.device, default="cpu"
        Where networks are evaluated.
    n_jobs : int, default=None
        Number of processes, in joblib's present backend.
    memory : str or joblib.Memory, default=None
        Where to keep results on disk, see :class:`ZeroCostSaliency`.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    seed_ : int
        The seed drawn from `random_state`.

    See Also
    --------
    ZeroCostSaliency : The same for every operation, beside ``op``.

    Notes
    -----
    Saliencies span many orders of magnitude: put a
    :class:`~sklearn.preprocessing.QuantileTransformer` behind this transformer
    for linear models. Trees need nothing for small networks; in wide and deep
    ones synflow exceeds float32, to which scikit-learn's trees cast: take ranks
    or logarithms first.

    References
    ----------
    .. [1] J. Mellor, J. Turner, A. Storkey and E. Crowley, "Neural architecture
       search without training", ICML 2021.
    .. [2] J. Lee and B. Ham, "AZ-NAS: Assembling zero-cost proxies for network
       architecture search", CVPR 2024.

    Examples
    --------
    >>> from tagates_sk.datasets import load_nasbench201
    >>> from tagates_sk.zero_cost import ZeroCostProxies
    >>> nb201 = load_nasbench201()
    >>> proxies = ZeroCostProxies(["synflow", "parameters"], random_state=0)
    >>> proxies.fit_transform(nb201.dags[1000:1003]).shape
    (3, 2)
    >>> proxies.get_feature_names_out()
    array(['synflow', 'parameters'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "proxies": [Names()],
        **BaseZeroCost._parameter_constraints,
    }

    def __init__(
        self,
        proxies: Sequence[str] = (*FIVE, *FORWARD_SCORES),
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
        random_state: RandomState = None,
        device: str | Device = "cpu",
        n_jobs: int | None = None,
        memory: Any = None,
        verbose: int = 0,
    ) -> None:
        self.proxies = proxies
        self.skeleton = skeleton
        self.stem_channels = stem_channels
        self.cells_per_stage = cells_per_stage
        self.n_stages = n_stages
        self.image_size = image_size
        self.batch_size = batch_size
        self.n_init = n_init
        self.images = images
        self.labels = labels
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs
        self.memory = memory
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArchitecturesLike, y: Any = None) -> ZeroCostProxies:
        """Draw the seed; X is not used.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; they are only read.
        y : None
            Not used.

        Returns
        -------
        self
        """
        read_architectures(X)
        self._check_names("proxies")
        self._start([name for name in self.proxies if name not in FORWARD_SCORES], FORWARD_SCORES)
        self._n_features_out = len(self.proxies)
        return self

    def fit_transform(self, X: ArchitecturesLike, y: Any = None) -> Any:
        """Draw the seed and compute the scores; architectures are read once.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.
        y : None
            Not used.

        Returns
        -------
        ndarray, shape (n, n_proxies)
            See :meth:`transform`.
        """
        read = as_architectures(X)
        return self.fit(read).transform(read)

    def transform(self, X: ArchitecturesLike) -> NDArray[np.float64]:
        """Scores of architectures.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures.

        Returns
        -------
        ndarray, shape (n, n_proxies)
            Finite.

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read, or its network would take more than four
            times scikit-learn's ``working_memory``.
        UnregisteredOperationError
            If one of its operations has no registered builder.
        """
        check_is_fitted(self, "seed_")
        read = as_architectures(X)
        rows, *_ = self._evaluate(network_scores, read)
        columns = [*(name for name, _ in self._setting.metrics), *FORWARD_SCORES]
        order = [columns.index(name) for name in self.proxies]
        scores: NDArray[np.float64] = np.stack(rows)[:, order]
        return scores

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str, shape (n_proxies,)
        """
        check_is_fitted(self, "seed_")
        return np.array(list(self.proxies), dtype=object)


def network_scores(
    cells: Cells, setting: Setting, factories: Mapping[str, Any], data: Data | None, device: str
) -> Floats:
    """Scores of an architecture's network, mean over the initialisations.

    Parameters
    ----------
    cells : tuple of CanonicalCell
        The architecture.
    setting : Setting
    factories : mapping of str to Registered
        How its operations are built.
    data : (images, labels), optional
    device : str

    Returns
    -------
    ndarray, shape (n_metrics + 5,)
        Sums of the saliencies over all weights, then `FORWARD_SCORES`.
    """
    metrics = dict(setting.metrics)
    total = np.zeros(len(metrics) + len(FORWARD_SCORES))
    with with_gradients(), full_precision():
        for network, images, labels in networks(
            pack_canonical(cells), setting, factories, data, device
        ):
            total[len(metrics) :] += forward_scores(network, images)
            if metrics:
                _, terms = weight_saliencies(network, images, labels, metrics)
                for k, (name, metric) in enumerate(setting.metrics):
                    group = np.zeros(len(terms[name]), dtype=np.int64)
                    total[k] += sums(metric, terms[name], group, 1, setting.n_init)[0]
    return total / setting.n_init
