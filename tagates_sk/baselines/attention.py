"""TransformerRanker and TransformerRegressor: attention along the paths of an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

from .._utils import Number, RandomState
from ..nn.devices import Device
from ..nn.padded import CellSpec
from ..nn.self_attention import TransformerEncoder
from ..training.tasks import RANKING, REGRESSION
from ._base import CELLS, NeuralBaseline


class _BaseTransformer(NeuralBaseline):
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NeuralBaseline._parameter_constraints,
        "n_heads": [Number(Integral, 1, None, closed="left")],
    }
    _input = CELLS
    _n_layers = 3

    def __init__(
        self,
        *,
        n_heads: int = 4,
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
        self.n_heads = n_heads

    def _encoder(self, spec: CellSpec, generator: Any) -> tuple[TransformerEncoder, int]:
        if self.layer_dim % self.n_heads:
            raise ValueError(
                f"layer_dim={self.layer_dim} is no multiple of n_heads={self.n_heads}: the heads "
                "of the attention share the width equally."
            )
        encoder = TransformerEncoder(
            spec, self.op_dim, self.layer_dim, self.n_layers_, self.n_heads, generator
        )
        return encoder, spec.n_cells * self.layer_dim


class TransformerRanker(_BaseTransformer):
    """Rank architectures by a transformer that attends along their paths.

    Every operation is a vertex that attends to itself and to those that a
    directed path connects it with [1]_. The mean over the vertices is read out;
    the read-outs of several cells are put side by side.

    Parameters
    ----------
    n_heads : int, default=4
        Heads of the attention; they share `layer_dim` equally.
    n_layers : int or "auto", default="auto"
        Blocks of attention and MLP. "auto" is 3.
    %(sizes)s
    %(ranking_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    TransformerRegressor : Predicts the performance itself.
    baseline : All baselines by name.

    Notes
    -----
    Every head has a trained bias for each relation of two operations: the same, right
    before, further before, right behind, further behind. There is no other positional
    encoding. Where operations are on edges,
    inputs and output are vertices, too. Identity operations are wires, which
    are vertices with an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] S. Yan, K. Song, F. Liu and M. Zhang, "CATE: Computation-aware neural
       architecture encoding with transformers", ICML 2021.

    Examples
    --------
    >>> from tagates_sk.baselines import TransformerRanker
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> ranker = TransformerRanker(max_iter=20, random_state=0).fit(X[:80], y[:80])
    >>> ranker.score(X[80:380], y[80:380]) > 0.5
    True
    """

    _task = RANKING
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseTransformer._parameter_constraints,
        **RANKING.losses,
    }


class TransformerRegressor(_BaseTransformer):
    """Predict performance by a transformer that attends along their paths.

    Every operation is a vertex that attends to itself and to those that a
    directed path connects it with [1]_. The mean over the vertices is read out;
    the read-outs of several cells are put side by side. Predictions are in the
    target's units.

    Parameters
    ----------
    n_heads : int, default=4
        Heads of the attention; they share `layer_dim` equally.
    n_layers : int or "auto", default="auto"
        Blocks of attention and MLP. "auto" is 3.
    %(sizes)s
    %(regression_loss)s
    %(training)s

    Attributes
    ----------
    %(attributes)s

    See Also
    --------
    TransformerRanker : Trains the order only, which ranks better.
    baseline : All baselines by name.

    Notes
    -----
    Every head has a trained bias for each relation of two operations: the same, right
    before, further before, right behind, further behind. There is no other positional
    encoding. Where operations are on edges,
    inputs and output are vertices, too. Identity operations are wires, which
    are vertices with an embedding of their own.

    %(notes)s

    References
    ----------
    .. [1] S. Yan, K. Song, F. Liu and M. Zhang, "CATE: Computation-aware neural
       architecture encoding with transformers", ICML 2021.

    Examples
    --------
    >>> from tagates_sk.baselines import TransformerRegressor
    >>> from tagates_sk.datasets import load_nasbench201
    >>> X, y = load_nasbench201(return_X_y=True)
    >>> regressor = TransformerRegressor(max_iter=5, random_state=0).fit(X[:80], y[:80])
    >>> regressor.predict(X[80:83]).shape
    (3,)
    """

    _task = REGRESSION
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_BaseTransformer._parameter_constraints,
        **REGRESSION.losses,
    }
