"""SemiNASRanker: an LSTM that also learns to give architectures back, with or without target."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar

from numpy.typing import ArrayLike
from sklearn.base import _fit_context

from .._utils import ArchitecturesLike, Number, RandomState
from ..graphs import read_architectures
from ..graphs.tokens import Dictionary
from ..nn.autoencoder import Autoencoder, Reconstruction
from ..nn.devices import Device
from ..nn.lstm import SentenceBatches
from ..training.network import FittedNetwork
from ..training.tasks import RANKING
from ._base import SENTENCES, NeuralBaseline


class SemiNASRanker(NeuralBaseline):
    """Rank architectures by an LSTM that also learns to reconstruct them.

    An LSTM reads the serialised architecture; a head scores the mean of its
    states, and a second LSTM writes the architecture again, each word given the
    encoding and the words before. Unlabelled architectures take part in the
    reconstruction [1]_.

    Parameters
    ----------
    reconstruction : float, default=0.1
        Weight of the reconstruction loss, the mean negative log likelihood of a
        word.
    n_layers : int or "auto", default="auto"
        Layers of the reading LSTM. "auto" is 1.
    %(sizes)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    LSTMRanker : The same without reconstruction.
    baseline : All baselines by name.

    Notes
    -----
    The paper also gives unlabelled architectures the predictions of an earlier
    fit as targets, and moves along the gradient of the head to better ones. To
    do the first, fit again with predictions as targets and a small
    `sample_weight`.

    %(notes)s

    References
    ----------
    .. [1] R. Luo, X. Tan, R. Wang, T. Qin, E. Chen and T.-Y. Liu,
       "Semi-supervised neural architecture search", NeurIPS 2020.

    Examples
    --------
    >>> from tagates_sk.baselines import SemiNASRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = SemiNASRanker(max_iter=20, random_state=0)
    >>> ranker = ranker.fit(X[:80], y[:80], X_unlabeled=X[1000:1500])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        **RANKING.losses,
        "reconstruction": [Number(Real, 0, None, closed="left")],
    }
    _task = RANKING
    _input = SENTENCES
    _n_layers = 1

    def __init__(
        self,
        *,
        reconstruction: float = 0.1,
        n_layers: int | str = "auto",
        layer_dim: int = 64,
        op_dim: int = 48,
        head: Sequence[int] = (200, 200),
        dropout: float = 0.1,
        loss: str = "auto",
        margin: float = 0.03,
        max_pairs: int | None = None,
        optimizer: str = "adamw",
        learning_rate: float = 1e-3,
        schedule: str = "one_cycle",
        weight_decay: float = 0.05,
        batch_size: int | str = "auto",
        max_iter: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 0.0,
        warm_start: bool = False,
        operations: str | Sequence[str] = "auto",
        handle_unknown: str = "warn",
        device: str | Device = "auto",
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            n_layers=n_layers,
            layer_dim=layer_dim,
            op_dim=op_dim,
            head=head,
            dropout=dropout,
            loss=loss,
            margin=margin,
            max_pairs=max_pairs,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            weight_decay=weight_decay,
            batch_size=batch_size,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            operations=operations,
            handle_unknown=handle_unknown,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.reconstruction = reconstruction

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArchitecturesLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_unlabeled: ArchitecturesLike | None = None,
    ) -> SemiNASRanker:
        """Train on architectures with, and on others without measured performance.

        Parameters
        ----------
        X : sequence of n networkx.DiGraph, or of tuples of them
            The architectures; each a cell, or a tuple of cells.
        y : array-like of float, shape (n,)
            Performance, higher is better.
        sample_weight : array-like of float, shape (n,), optional
            Weights of the architectures in the ranking loss.
        X_unlabeled : sequence of networkx.DiGraph, or of tuples of them, optional
            Architectures that are only reconstructed. List operations that none in X
            has in `operations`.

        Returns
        -------
        self

        Raises
        ------
        InvalidArchitectureError
            If an architecture cannot be read; the message says which and why.
        UnknownOperationError
            If one in `X_unlabeled` has an operation that none in X has and
            `handle_unknown` is ``"error"``.
        """

        def reconstruction(network: FittedNetwork) -> Reconstruction:
            others = None
            if X_unlabeled is not None:
                packed = network.conform(read_architectures(X_unlabeled), self.handle_unknown)
                others = SentenceBatches(packed, network.spec, network.device)
            assert isinstance(network.model, Autoencoder)
            return Reconstruction(network.model, self.reconstruction, others)

        return self._fit(X, y, sample_weight, resume=self.warm_start, extra_loss=reconstruction)

    def _model(self, spec: Dictionary, head: Sequence[int], dropout: float, seed: int) -> Any:
        return Autoencoder(spec, self.op_dim, self.layer_dim, self.n_layers_, head, dropout, seed)
