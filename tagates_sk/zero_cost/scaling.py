"""From raw saliencies, which span many orders of magnitude, to numbers a network can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import QuantileTransformer

from .._utils import Floats

SCALINGS = ("signed_log", "rank", "standard", "none")

_CLIP = 10.0
"""Standard deviations beyond which a value says no more."""


@dataclass(frozen=True)
class Scaler:
    """Scaling of saliencies, learned from some operations.

    Operations without weights have zeros and keep them: they take no part in
    the statistics.

    Parameters
    ----------
    kind : {"signed_log", "rank", "standard", "none"}
        ``"signed_log"`` is sign(x) log(1 + |x| / m) with m the tenth percentile
        of |x|, then standardised; ``"rank"`` maps to normal quantiles;
        ``"standard"`` only standardises.
    magnitude, mean, deviation : ndarray, shape (k,)
        What was learned; mean and deviation are those after a division by the
        magnitude.
    quantiles : QuantileTransformer or None
    """

    kind: str
    magnitude: Floats
    mean: Floats
    deviation: Floats
    quantiles: QuantileTransformer | None = None

    @classmethod
    def fit(cls, raw: Floats, kind: str) -> Scaler:
        """Learn the statistics.

        Parameters
        ----------
        raw : ndarray, shape (n_ops, k)
        kind : str

        Returns
        -------
        Scaler
        """
        k = raw.shape[1]
        present = raw[_weighted(raw)]
        scaler = cls(kind, np.ones(k), np.zeros(k), np.ones(k))
        if kind == "none" or len(present) == 0:
            return scaler
        if kind == "rank":
            quantiles = QuantileTransformer(
                n_quantiles=min(1000, len(present)), output_distribution="normal",
                subsample=None,
            ).fit(present)  # fmt: skip
            return cls(kind, scaler.magnitude, scaler.mean, scaler.deviation, quantiles)
        if kind == "signed_log":
            magnitude = np.ones(k)
            for j, column in enumerate(np.abs(present).T):
                nonzero = column[column > 0]
                if len(nonzero):
                    magnitude[j] = max(np.quantile(nonzero, 0.1), np.finfo(np.float32).tiny)
            scaler = cls(kind, magnitude, scaler.mean, scaler.deviation)
        else:
            # A power of two changes no digit; squares of what is left are finite.
            exponent = np.frexp(np.abs(present).max(axis=0))[1].clip(0, 1023)
            scaler = cls(kind, np.ldexp(1.0, exponent), scaler.mean, scaler.deviation)
        shaped = scaler._shape(present)
        deviation = shaped.std(axis=0)
        return cls(
            kind, scaler.magnitude, shaped.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
        )

    def transform(self, raw: Floats) -> NDArray[np.float32]:
        """Scale saliencies.

        Parameters
        ----------
        raw : ndarray, shape (n_ops, k)

        Returns
        -------
        ndarray of float32, shape (n_ops, k)
        """
        out = np.zeros(raw.shape, dtype=np.float32)
        weighted = _weighted(raw)
        if weighted.any():
            if self.quantiles is not None:
                scaled = self.quantiles.transform(raw[weighted])
            else:
                with np.errstate(over="ignore"):
                    scaled = (self._shape(raw[weighted]) - self.mean) / self.deviation
            largest = float(np.finfo(np.float32).max) if self.kind == "none" else _CLIP
            out[weighted] = scaled.clip(-largest, largest)
        return out

    def _shape(self, raw: Floats) -> Floats:
        if self.kind != "signed_log":
            return raw / self.magnitude
        with np.errstate(over="ignore", divide="ignore"):
            ratio = np.abs(raw) / self.magnitude
            logs = np.where(
                np.isfinite(ratio), np.log1p(ratio), np.log(np.abs(raw)) - np.log(self.magnitude)
            )
        shaped: Floats = np.sign(raw) * logs
        return shaped


def _weighted(raw: Floats) -> NDArray[np.bool_]:
    weighted: NDArray[np.bool_] = (raw != 0).any(axis=1)
    return weighted
