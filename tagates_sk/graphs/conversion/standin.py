"""A copy of a module that may be run without a trace on the module or the process."""

from __future__ import annotations

import contextlib
import copy
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InvalidArchitectureError
from ..foreign import cut


def stand_in(module: Any) -> Any:
    """A copy in evaluation mode that shares all tensors and runs no hooks.

    Parameters
    ----------
    module : torch.nn.Module
        Stays as it is.

    Returns
    -------
    torch.nn.Module
        With ``training = False`` throughout; overridden ``train`` methods are not called.

    Raises
    ------
    InvalidArchitectureError
        If the module cannot be copied, or has parameters without a shape.
    """
    import torch
    from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

    memo: dict[int, Any] = {}
    for path, part in module.named_modules():
        for name, value in [*vars(part).items(), *part._parameters.items(), *part._buffers.items()]:
            if isinstance(value, (UninitializedBuffer, UninitializedParameter)):
                raise InvalidArchitectureError(
                    f"Parameter {f'{path}.{name}'.strip('.')!r} of the lazy module "
                    f"{type(part).__name__} has no shape yet. Run the network once on an example "
                    "before it is converted."
                )
            if isinstance(value, torch.Tensor):
                memo[id(value)] = value
            elif "_hooks" in name and isinstance(value, dict):
                memo[id(value)] = type(value)()
    try:
        twin = copy.deepcopy(module, memo)
    except Exception as error:
        raise InvalidArchitectureError(
            f"{type(module).__name__} cannot be copied, and only a copy is traced: "
            f"{cut(str(error), 80)}. Give the class with the attribute at fault a __deepcopy__, or "
            "keep the attribute outside of the module."
        ) from error
    for part in twin.modules():
        part.training = False
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            _lighten(part)
    return twin


def _lighten(norm: Any) -> None:
    """Spare torch half of the work for a batch normalisation, which keeps every shape."""
    import torch

    norm.num_batches_tracked = None
    if type(norm).forward is torch.nn.modules.batchnorm._BatchNorm.forward:
        norm.forward = torch.clone


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No gradients, no warnings, and random states as they were."""
    import torch

    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    fast = torch.backends.mha.get_fastpath_enabled()
    try:
        # The fast path would turn a whole encoder layer into one operation.
        torch.backends.mha.set_fastpath_enabled(False)
        with torch.no_grad(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
