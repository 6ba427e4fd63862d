"""Networks of torch and ONNX as architectures: DAGs with operations on nodes."""

from .onnx_models import from_onnx
from .torch_modules import from_torch

__all__ = ["from_onnx", "from_torch"]
