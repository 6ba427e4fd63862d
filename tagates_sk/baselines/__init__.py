"""Other predictors of architectures' performance, in the interface of TA-GATES."""

from ..training.normal_scores import NormalScores
from ._base import NeuralBaseline
from .asynchronous import DAGNNRanker, DAGNNRegressor
from .attention import TransformerRanker, TransformerRegressor
from .convolution import GCNRanker, GCNRegressor
from .factory import baseline, baseline_names
from .gates import GATESRanker, GATESRegressor
from .gaussian_process import WLKernelGP
from .kernel import WeisfeilerLehmanKernel
from .recurrent import LSTMRanker, LSTMRegressor
from .seminas import SemiNASRanker

__all__ = [
    "DAGNNRanker",
    "DAGNNRegressor",
    "GATESRanker",
    "GATESRegressor",
    "GCNRanker",
    "GCNRegressor",
    "LSTMRanker",
    "LSTMRegressor",
    "NeuralBaseline",
    "NormalScores",
    "SemiNASRanker",
    "TransformerRanker",
    "TransformerRegressor",
    "WLKernelGP",
    "WeisfeilerLehmanKernel",
    "baseline",
    "baseline_names",
]
