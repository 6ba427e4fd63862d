"""Building blocks of networks: convolutions, pooling, reductions, residual modules.

Every factory of this module takes numbers of channels and a stride and gives a
module that maps (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride)).
Nothing works in place, and everything can be differentiated twice.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Convolution(nn.Conv2d):
    """A convolution whose weights are left to whoever builds the network.

    Drawing them here as well would double the time that a small network takes.
    """

    def reset_parameters(self) -> None:
        """Set a bias to zero; the network draws the weights."""
        if self.bias is not None:
            self.bias.data.zero_()


class BatchNorm(nn.BatchNorm2d):
    """A batch normalisation, initialised with as few calls as possible."""

    def reset_parameters(self) -> None:
        """Set the scale to one and the shift to zero; statistics start right anyway."""
        self.weight.data.fill_(1.0)
        self.bias.data.zero_()


def convolution(
    in_channels: int,
    out_channels: int,
    stride: int = 1,
    *,
    kernel: int = 1,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
) -> Convolution:
    """A convolution that keeps the resolution but for the stride."""
    padding = dilation * (kernel // 2)
    return Convolution(
        in_channels, out_channels, kernel, stride, padding, dilation, groups, bias=bias
    )


def relu_conv_bn(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """ReLU, convolution, batch normalisation."""
    return nn.Sequential(
        nn.ReLU(),
        convolution(in_channels, out_channels, stride, kernel=kernel),
        BatchNorm(out_channels),
    )


def conv_bn_relu(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        convolution(in_channels, out_channels, stride, kernel=kernel),
        BatchNorm(out_channels),
        nn.ReLU(),
    )


def separable_conv(
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    kernel: int,
    dilation: int = 1,
    repeats: int = 1,
) -> nn.Module:
    """ReLU, depthwise and pointwise convolution, batch normalisation, one or more times."""
    layers: list[nn.Module] = []
    for repeat in range(repeats):
        last = repeat == repeats - 1
        width = out_channels if last else in_channels
        layers += [
            nn.ReLU(),
            convolution(
                in_channels,
                in_channels,
                stride if repeat == 0 else 1,
                kernel=kernel,
                dilation=dilation,
                groups=in_channels,
            ),
            convolution(in_channels, width),
            BatchNorm(width),
        ]
    return nn.Sequential(*layers)


class FactorizedReduction(nn.Module):
    """A strided projection that looks at two phases of the pixels.

    ReLU; one pointwise convolution on every stride-th pixel and another one
    beside it, half of the channels each; batch normalisation.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 2) -> None:
        super().__init__()
        half = out_channels // 2
        self.relu = nn.ReLU()
        self.even = convolution(in_channels, out_channels - half, stride)
        self.odd = convolution(in_channels, half, stride) if half else None
        self.bn = BatchNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Reduce (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride))."""
        x = self.relu(x)
        y: Tensor = self.even(x)
        if self.odd is not None:
            y = torch.cat([y, self.odd(F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:])], dim=1)
        normalised: Tensor = self.bn(y)
        return normalised


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """ReLU, pointwise convolution, batch normalisation; a factorised reduction if strided."""
    if stride == 1:
        return relu_conv_bn(in_channels, out_channels, 1, kernel=1)
    return FactorizedReduction(in_channels, out_channels, stride)


def identity(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The identity where shapes agree, a projection elsewhere."""
    if in_channels == out_channels and stride == 1:
        return nn.Identity()
    return projection(in_channels, out_channels, stride)


def _behind_projection(layer: nn.Module, in_channels: int, out_channels: int) -> nn.Module:
    """A layer that keeps the number of channels, made to change it."""
    if in_channels == out_channels:
        return layer
    return nn.Sequential(projection(in_channels, out_channels, 1), layer)


def max_pooling(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """Max pooling, behind a projection if the number of channels changes."""
    layer = nn.MaxPool2d(kernel, stride, kernel // 2)
    return _behind_projection(layer, in_channels, out_channels)


def average_pooling(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """Average pooling without the padding, behind a projection if channels change."""
    layer = nn.AvgPool2d(kernel, stride, kernel // 2, count_include_pad=False)
    return _behind_projection(layer, in_channels, out_channels)


def reducing_pool(stride: int) -> nn.Module:
    """The average of every ``stride x stride`` block of pixels."""
    return nn.AvgPool2d(stride, stride, ceil_mode=True)


def activation(
    in_channels: int, out_channels: int, stride: int, *, layer: Callable[[], nn.Module]
) -> nn.Module:
    """A nonlinearity, before a projection if shapes change."""
    if in_channels == out_channels and stride == 1:
        return layer()
    return nn.Sequential(layer(), projection(in_channels, out_channels, stride))


def normalisation(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """A batch normalisation, before a projection if shapes change."""
    if in_channels == out_channels and stride == 1:
        return BatchNorm(out_channels)
    return nn.Sequential(BatchNorm(in_channels), projection(in_channels, out_channels, stride))


def plain_conv(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """A convolution with bias and nothing else; of kernel 1, a linear layer at each pixel."""
    return convolution(in_channels, out_channels, stride, kernel=kernel, bias=True)


def depthwise_conv(in_channels: int, out_channels: int, stride: int, *, kernel: int) -> nn.Module:
    """A convolution of every channel by itself, and a pointwise one if channels change."""
    layer = convolution(
        in_channels, in_channels, stride, kernel=kernel, groups=in_channels, bias=True
    )
    if in_channels == out_channels:
        return layer
    return nn.Sequential(layer, convolution(in_channels, out_channels, bias=True))


class PreActivationBlock(nn.Module):
    """The residual block between the stages of NAS-Bench-201.

    Two times ReLU, 3x3 convolution and batch normalisation; the shortcut is an
    average pooling and a pointwise convolution.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.first = relu_conv_bn(in_channels, out_channels, stride, kernel=3)
        self.second = relu_conv_bn(out_channels, out_channels, 1, kernel=3)
        self.shortcut = nn.Sequential(reducing_pool(stride), convolution(in_channels, out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride))."""
        y: Tensor = self.second(self.first(x)) + self.shortcut(x)
        return y


class ResidualBlock(nn.Module):
    """The basic block of residual networks (He et al., 2016).

    Two 3x3 convolutions; the shortcut is a strided pointwise convolution where
    shapes change.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.first = conv_bn_relu(in_channels, out_channels, stride, kernel=3)
        self.second = nn.Sequential(
            convolution(out_channels, out_channels, kernel=3), BatchNorm(out_channels)
        )
        self.shortcut: nn.Module | None = None
        if in_channels != out_channels or stride != 1:
            self.shortcut = nn.Sequential(
                convolution(in_channels, out_channels, stride), BatchNorm(out_channels)
            )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride))."""
        shortcut = x if self.shortcut is None else self.shortcut(x)
        y: Tensor = self.relu(self.second(self.first(x)) + shortcut)
        return y


def residual_module(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """Two basic residual blocks, the first of which changes the shape."""
    return nn.Sequential(
        ResidualBlock(in_channels, out_channels, stride),
        ResidualBlock(out_channels, out_channels, 1),
    )


class InvertedResidual(nn.Module):
    """The block of MobileNetV2 (Sandler et al., 2018).

    A pointwise convolution widens, a depthwise one follows, another pointwise
    one narrows again; a shortcut where shapes agree.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
    kernel : int
        Of the depthwise convolution.
    expansion : int
        How many times wider than the input the inside is.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, *, kernel: int, expansion: int
    ) -> None:
        super().__init__()
        width = in_channels * expansion
        self.residual = in_channels == out_channels and stride == 1
        self.layers = nn.Sequential(
            convolution(in_channels, width),
            BatchNorm(width),
            nn.ReLU6(),
            convolution(width, width, stride, kernel=kernel, groups=width),
            BatchNorm(width),
            nn.ReLU6(),
            convolution(width, out_channels),
            BatchNorm(out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, ceil(H / stride), ceil(W / stride))."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class FirstChannels(nn.Module):
    """Drop all channels but the first ones.

    Parameters
    ----------
    width : int
        Number of channels to keep.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """Cut (N, C, H, W) to (N, width, H, W)."""
        return x[:, : self.width]
