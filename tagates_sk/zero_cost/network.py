"""From an architecture to a network with weights."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from .._utils import RandomState
from ..graphs import InvalidArchitectureError, PackedGraphs, read_architectures
from ..graphs.foreign import echo
from ..nn.devices import resolve_device
from .cell_graphs import cell_graphs
from .cells import Modules
from .operations import Factory, Registered, factories_for, unregistered
from .skeletons import MAKERS, NetworkConfig, Plan, fitting_skeleton

__all__ = ["Network", "NetworkConfig", "build_network", "network_from_packed"]


class Network(nn.Module):
    """An architecture as a network that classifies images.

    Parameters
    ----------
    plan : Plan
        Its parts.
    n_classes : int

    Attributes
    ----------
    operation_modules : list of lists of Module
        For every operation of the packed architecture the modules that realise
        it, one for each repetition of its cell. None realise wires, inputs and
        outputs, and what the logits do not depend on.
    """

    def __init__(self, plan: Plan, n_classes: int) -> None:
        super().__init__()
        self.stem = plan.stem
        self.body = nn.ModuleList(plan.body)
        self.head = plan.head
        self.classifier = nn.Linear(plan.channels, n_classes)
        self.links = plan.links
        self.operation_modules: Modules = plan.realised

    def forward(self, images: Tensor) -> Tensor:
        """Classify images.

        Parameters
        ----------
        images : Tensor, shape (N, in_channels, H, W)

        Returns
        -------
        Tensor, shape (N, n_classes)
            Logits.
        """
        return self.classify(self.states(images)[-1])

    def states(self, images: Tensor) -> list[Tensor]:
        """Outputs of the stem and of every part of the body.

        Parameters
        ----------
        images : Tensor, shape (N, in_channels, H, W)

        Returns
        -------
        list of Tensor, shape (N, channels, H', W')
        """
        states = [self.stem(images)]
        for module, sources in zip(self.body, self.links, strict=True):
            states.append(module(*[states[i] for i in sources]))
        return states

    def classify(self, state: Tensor) -> Tensor:
        """Logits, shape (N, n_classes), of the last state."""
        x = state if self.head is None else self.head(state)
        logits: Tensor = self.classifier(x.mean(dim=(2, 3)))
        return logits


def build_network(
    architecture: Any,
    *,
    skeleton: str = "auto",
    stem_channels: int = 16,
    cells_per_stage: int = 1,
    n_stages: int = 3,
    n_classes: int = 10,
    in_channels: int = 3,
    random_state: RandomState = None,
    operations: Mapping[str, Factory | Registered] | None = None,
    device: str | torch.device = "cpu",
) -> Network:
    """Build a network out of an architecture.

    Parameters
    ----------
    architecture : networkx.DiGraph, or tuple of them
        A cell, or several.
    skeleton : {"auto", "nasbench201", "nasbench101", "darts", "macro"}, default="auto"
        The network around the cell.

        - ``"nasbench201"``: stages of cells whose nodes sum, with a residual
          block between stages that halves the resolution and doubles the
          width [1]_.
        - ``"nasbench101"``: stacks of operation-on-node cells whose output
          concatenates, with max pooling between stacks [2]_.
        - ``"darts"``: normal cells and, between stages, a reduction cell; a
          cell takes the outputs of several cells before it, input 1 of two
          that of the last one and input 0 that of the one before [3]_. The last
          cell of the tuple is the reduction cell, the others are normal cells in a row;
          a single cell is both.
        - ``"macro"``: the architecture is the whole network [4]_;
          `cells_per_stage` and `n_stages` have no effect.
        - ``"auto"``: several cells, ``"darts"``. Else an operation that widens
          or lowers the resolution, a residual block, or nothing but operations
          of ENAS' macro space on nodes (and not ``"maxpool3x3"`` alone, which
          NAS-Bench-101 has as well), ``"macro"``. Else several inputs,
          ``"darts"``. Else operations on nodes, ``"nasbench101"``; on edges,
          ``"nasbench201"``.

        All but ``"darts"`` take one cell, and give the same to all its inputs.
    stem_channels : int, default=16
        Width of the first stage.
    cells_per_stage : int, default=1
        How often a stage repeats the (normal) cell.
    n_stages : int, default=3
        Number of stages, each of twice the width and half the resolution.
    n_classes : int, default=10
        Number of logits.
    in_channels : int, default=3
        Channels of the images.
    random_state : int, RandomState instance or None, default=None
        Draws the weights. torch's global random state is not touched.
    operations : mapping of str to callable, optional
        How operations are built, instead of or beside the registered ones; see
        :func:`register_operation`.
    device : str or torch.device, default="cpu"
        Where the network lives; ``"auto"`` is the first GPU if there is one.
        Initial weights are the same everywhere. On ``"meta"`` it takes no
        memory and has no weights: good for counting parameters.

    Returns
    -------
    Network
        Weights of convolutions and linear layers are normal with variance
        2 / fan-in [5]_, their biases zero.

    Raises
    ------
    InvalidArchitectureError
        If the architecture cannot be read, or is not of the skeleton's kind.
    UnregisteredOperationError
        If one of its operations has no registered builder.
    ValueError
        If an option is invalid, or the device is missing.

    References
    ----------
    .. [1] X. Dong and Y. Yang, NAS-Bench-201: Extending the scope of
       reproducible neural architecture search, ICLR 2020.
    .. [2] C. Ying et al., NAS-Bench-101: Towards reproducible neural
       architecture search, ICML 2019.
    .. [3] H. Liu, K. Simonyan and Y. Yang, DARTS: Differentiable architecture
       search, ICLR 2019.
    .. [4] H. Pham et al., Efficient neural architecture search via parameter
       sharing, ICML 2018.
    .. [5] K. He et al., Delving deep into rectifiers: Surpassing human-level
       performance on ImageNet classification, ICCV 2015.

    Examples
    --------
    >>> import torch
    >>> from tagates_sk.spaces import NASBench201
    >>> from tagates_sk.zero_cost import build_network
    >>> cell = NASBench201("nasbench201").to_dag((3, 3, 3, 1, 3, 2))
    >>> network = build_network(cell, cells_per_stage=5, random_state=0)
    >>> sum(parameter.numel() for parameter in network.parameters())
    1073466
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """
    config = NetworkConfig(
        skeleton, stem_channels, cells_per_stage, n_stages, n_classes, in_channels, str(device)
    )
    packed = read_architectures([architecture])
    factories = factories_for(packed.used_operations(), operations, packed=packed)
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    return network_from_packed(packed, config, factories, seed)


_seeded = threading.Lock()
"""Only one thread at a time may swap torch's global random state for its own."""


def network_from_packed(
    packed: PackedGraphs, config: NetworkConfig, factories: Mapping[str, Registered], seed: int
) -> Network:
    """Build a network out of an architecture that was read already.

    Parameters
    ----------
    packed : PackedGraphs
        Exactly one architecture.
    config : NetworkConfig
    factories : mapping of str to Registered
        As :func:`~tagates_sk.zero_cost.operations.factories_for` gives it.
    seed : int
        Of the weights.

    Returns
    -------
    Network

    Raises
    ------
    InvalidArchitectureError
        If the architecture is not of the skeleton's kind.
    UnregisteredOperationError
        If `factories` lacks one of its operations.
    ValueError
        If `packed` does not have one architecture, or the device is missing.
    """
    if len(packed) != 1:
        raise ValueError(
            f"{len(packed)} architectures were given; a network is built of exactly one."
        )
    for name in packed.used_operations():
        if name not in factories:
            raise unregistered(name, packed)
    has_numbers = str(config.device) != "meta"
    device = resolve_device(config.device) if has_numbers else torch.device("meta")
    graphs = cell_graphs(packed)
    skeleton = config.skeleton
    if skeleton == "auto":
        skeleton = fitting_skeleton(packed, graphs, factories)
    elif skeleton != "darts" and len(graphs) > 1:
        raise InvalidArchitectureError(
            f"X[{packed.start}] has {len(graphs)} cells; skeleton={echo(skeleton)} is for one. Use "
            "'darts' or 'auto'."
        )
    elif skeleton == "nasbench101" and not graphs[0].on_node:
        raise InvalidArchitectureError(
            f"X[{packed.start}] has its operations on edges; skeleton='nasbench101' is for "
            "operations on nodes. Use 'nasbench201' or 'auto'."
        )
    realised: Modules = [[] for _ in range(len(packed.op_type))]
    make = MAKERS[skeleton]
    if not has_numbers:
        with device:
            return Network(make(graphs, config, factories, realised), config.n_classes)
    with _seeded, torch.random.fork_rng(devices=[]):
        # Operations of the user's may draw weights that are not drawn anew below.
        torch.default_generator.manual_seed(seed)
        network = Network(make(graphs, config, factories, realised), config.n_classes)
    _draw_weights(network, seed)
    return network if device.type == "cpu" else network.to(device)


def _draw_weights(network: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (_ConvNd, nn.Linear)):
                weight = module.weight
                fan_in = weight[0].numel()
                if isinstance(module, _ConvNd) and module.transposed:
                    fan_in = weight[:, 0].numel() // module.groups
                weight.normal_(0.0, (2.0 / max(fan_in, 1)) ** 0.5, generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
