"""Networks in the styles that people write them, and what their graphs must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Case:
    """A network with its inputs, operations, and the number of them on the longest path.

    Where `symbolic` is false, control flow depends on shapes, which only an export knows.
    """

    build: Callable[[], nn.Module]
    inputs: tuple[Any, ...]
    operations: dict[str, int]
    depth: int
    symbolic: bool = True
    unused: int = field(default=0)


IMAGE = (torch.zeros(1, 3, 16, 16),)
TOKENS = (torch.zeros(1, 5, dtype=torch.long),)
SEQUENCE = (torch.zeros(1, 5, 8),)
ROW = (torch.zeros(2, 8),)


class Net(nn.Module):
    """A module whose parts and forward are given as arguments."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.run = forward

    def forward(self, x: torch.Tensor) -> Any:
        return self.run(self, x)


class TwoInputs(Net):
    """The same for two inputs."""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:  # type: ignore[override]
        return self.run(self, x, y)


def conv(c_in: int, c_out: int, kernel: int = 3, **options: Any) -> nn.Conv2d:
    """A convolution that keeps the size."""
    return nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, **options)


def conv_bn_relu(c_in: int, c_out: int, kernel: int = 3, **options: Any) -> nn.Sequential:
    """The usual three."""
    return nn.Sequential(
        conv(c_in, c_out, kernel, bias=False, **options),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, c_in: int, c_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv(c_in, c_out, stride=stride, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = conv(c_out, c_out, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU(inplace=True)
        self.down = None
        if stride != 1 or c_in != c_out:
            self.down = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False), nn.BatchNorm2d(c_out)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.down is None else self.down(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class Bottleneck(nn.Module):
    """1×1, grouped 3×3, 1×1."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn_relu(channels, 8, 1), conv_bn_relu(8, 8, groups=groups), conv(8, channels, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.body(x))


class PreActivation(nn.Module):
    """Norm and activation first; in place, so that the shortcut is the activated tensor."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.conv, self.relu = conv(3, 3), nn.ReLU(inplace)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * 2.0
        return self.conv(self.relu(x)) + x


class DenseBlock(nn.Module):
    """Each convolution reads all that came before."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(conv(3 + 4 * i, 4) for i in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = [x]
        for layer in self.layers:
            found.append(layer(torch.cat(found, 1)))
        return torch.cat(found, 1)


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.three, self.five = conv(3, 4, 1), conv(3, 4, 3), conv(3, 4, 5)
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(3, 4, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)


class SqueezeExcite(nn.Module):
    """Channels weighed by a small network."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 2, 1), nn.Conv2d(2, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        s = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.up(F.relu(self.down(s))))


class SqueezeExciteLinear(nn.Module):
    """The same by linear layers and views."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, 2), nn.ReLU(), nn.Linear(2, channels), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, c, _, _ = x.shape
        s = F.adaptive_avg_pool2d(x, 1).view(b, c)
        return x * self.fc(s).view(b, c, 1, 1).expand_as(x)


class InvertedResidual(nn.Module):
    """Expand, depthwise, project."""

    def __init__(self, channels: int, kernel: int, expansion: int) -> None:
        super().__init__()
        hidden = channels * expansion
        self.block = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            conv(hidden, hidden, kernel, groups=hidden),
            nn.BatchNorm2d(hidden),
            nn.Hardswish(),
            nn.Conv2d(hidden, channels, 1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.block(x)


class ShuffleUnit(nn.Module):
    """Halves of the channels, one transformed, mixed."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = conv(2, 2, groups=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = x.chunk(2, dim=1)
        x = torch.cat((a, self.branch(b)), dim=1)
        n, c, h, w = x.size()
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


class UNet(nn.Module):
    """Down, up, and a bridge."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.bottom = conv(3, 4), conv(4, 8)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.leave = conv(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = F.relu(self.enter(x))
        deep = F.relu(self.bottom(F.max_pool2d(skip, 2)))
        return self.leave(torch.cat([skip, self.up(deep)], 1))


class UNetInterpolated(nn.Module):
    """Its upsampling to the size of the bridge depends on shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.bottom, self.leave = conv(3, 4), conv(4, 4), conv(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = self.enter(x)
        up = F.interpolate(
            self.bottom(F.avg_pool2d(skip, 2)), size=skip.shape[-2:], mode="bilinear"
        )
        if up.shape[-1] != skip.shape[-1]:
            up = F.pad(up, (0, 1))
        return self.leave(torch.cat([skip, up], 1))


class SelfAttention(nn.Module):
    """Attention written out, one projection for queries, keys and values."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.qkv, self.out, self.fused = nn.Linear(8, 24), nn.Linear(8, 8), fused

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = ((q @ k.transpose(-2, -1)) * (c // 2) ** -0.5).softmax(dim=-1) @ v
        return self.out(y.transpose(1, 2).reshape(b, n, c))


class EncoderBlock(nn.Module):
    """Attention and a feed-forward network, normalised before."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Dropout(0.1), nn.Linear(16, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """Patches, a class token, positions."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.positions = nn.Parameter(torch.zeros(1, 17, 8))
        self.blocks = nn.Sequential(EncoderBlock(), EncoderBlock())
        self.head = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.positions
        return self.head(self.blocks(x)[:, 0])


class LanguageModel(nn.Module):
    """Causal attention; the embedding is the output's weight, too."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.positions = nn.Embedding(20, 8), nn.Embedding(5, 8)
        self.qkv = nn.Linear(8, 24)
        self.register_buffer("mask", torch.tril(torch.ones(5, 5)).bool())
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n = x.shape[1]
        x = self.embedding(x) + self.positions(torch.arange(n))
        q, k, v = self.qkv(x).split(8, dim=-1)
        scores = torch.bmm(q, k.transpose(1, 2)) / 8**0.5
        scores = scores.masked_fill(~self.mask[:n, :n], float("-inf"))
        return self.head(x + F.softmax(scores, -1) @ v)


class Mixer(nn.Module):
    """Linear layers over tokens, then over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.tokens = nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 5))
        self.channels = nn.Sequential(nn.Linear(8, 9), nn.GELU(), nn.Linear(9, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Recurrent(nn.Module):
    """A layer over time and a head on its last state."""

    def __init__(self, layer: nn.Module, width: int, lstm: bool = False) -> None:
        super().__init__()
        self.layer, self.head, self.lstm = layer, nn.Linear(width, 3), lstm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.lstm:
            out, (_, _) = self.layer(x)
        else:
            out, _ = self.layer(x)
        return self.head(out[:, -1])


class Unrolled(nn.Module):
    """A cell called at each of three steps."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.GRUCell(8, 6), nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = torch.zeros(x.shape[0], 6)
        for step in range(3):
            state = self.cell(x[:, step], state)
        return self.head(state)


class ByShape(nn.Module):
    """As many layers as there are time steps."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state = x[:, 0]
        for step in range(1, x.shape[1]):
            state = torch.tanh(self.layer(state) + x[:, step])
        return state


class Shared(nn.Module):
    """One layer called three times."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            x = F.relu(self.layer(x))
        return x


class Siamese(nn.Module):
    """Two inputs, one network, their difference."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 4), nn.ReLU())

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.abs(self.body(x) - self.body(y))


class Mapping(nn.Module):
    """Several outputs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 2), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        y = self.body(x).relu()
        return {"a": self.a(y), "b": self.b(y)}


class Optional(nn.Module):
    """An argument that may be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.other = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, context: torch.Tensor | None = None) -> torch.Tensor:
        x = self.layer(x)
        return x if context is None else x + self.other(context)


class ByHand(nn.Module):
    """A layer from trained tensors of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(8, 4)), nn.Parameter(torch.zeros(4))
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.gelu(x @ self.weight + self.bias) * self.scale


class Functional(nn.Module):
    """The functional forms of common layers."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(4, 3, 3, 3))
        self.norm = nn.Parameter(torch.ones(4))
        self.shift = nn.Parameter(torch.ones(4))
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("var", torch.ones(4))
        self.dense = nn.Parameter(torch.zeros(10, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.conv2d(x, self.kernel, None, 2, 1)
        x = F.batch_norm(x, self.mean, self.var, self.norm, self.shift)
        x = F.max_pool2d(F.relu(x), 2)
        x = torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)
        return F.linear(F.dropout(x, 0.5, self.training), self.dense)


class Modules(nn.Module):
    """The same by modules."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3, 2, 1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(),
            nn.Linear(4, 10, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class InPlace(nn.Module):
    """Parts of a new tensor are filled one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.zeros(x.shape[0], 8)
        out[:, :4] = self.a(x)
        out[:, 4:] = self.b(x)
        return out.tanh_()


class NoGrad(nn.Module):
    """A frozen part, run without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen, self.head = nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            x = torch.sigmoid(self.frozen(x))
        return self.head(x)


class HighwayGate(nn.Module):
    """A gate, and one minus it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.body = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        g = torch.sigmoid(self.gate(x))
        return g * torch.tanh(self.body(x)) + (1 - g) * x


class ConvNeXt(nn.Module):
    """Depthwise 7×7, channels last, a trained scale."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise, self.norm = conv(4, 4, 7, groups=4), nn.LayerNorm(4)
        self.up, self.down = nn.Linear(4, 16), nn.Linear(16, 4)
        self.gamma = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.down(F.gelu(self.up(y)))
        return x + y.permute(0, 3, 1, 2)


class WithMask(nn.Module):
    """Attention with a padding mask as second input."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 4, batch_first=True)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x, key_padding_mask=mask)[0]


class CrossAttention(nn.Module):
    """Queries from one input, keys and values from the other."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        return x + self.attention(x, memory, memory)[0]


class StochasticDepth(nn.Module):
    """Drops its branch in training only."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training and torch.rand(1) < 0.5:
            return x
        return x + self.branch(x)


class Chosen(nn.Module):
    """Cell of an architecture search: candidates in a dictionary, a fixed choice."""

    def __init__(self, choice: str) -> None:
        super().__init__()
        self.candidates = nn.ModuleDict(
            {"conv": conv(3, 3), "pool": nn.AvgPool2d(3, 1, 1), "skip": nn.Identity()}
        )
        self.choice = choice

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.candidates[self.choice](x) + x


class SeparableConv(nn.Sequential):
    """Depthwise, then pointwise."""

    def __init__(self, c_in: int, c_out: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(
                c_in, c_in, kernel, padding=kernel // 2 * dilation, dilation=dilation, groups=c_in
            ),
            nn.Conv2d(c_in, c_out, 1),
        )


class DartsCell(nn.Module):
    """Two nodes of two operations each."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = SeparableConv(3, 3, 3), SeparableConv(3, 3, 5, dilation=2)
        self.c = nn.MaxPool2d(3, stride=1, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.a(x) + self.c(x)
        second = self.b(first) + x
        return torch.cat([first, second], dim=1)


class TextCNN(nn.Module):
    """Convolutions of several widths, maxima over time."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.convs = nn.ModuleList([nn.Conv1d(8, 4, k) for k in (2, 3)])
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embedding(x).permute(0, 2, 1)
        pooled = [torch.relu(c(x)).amax(dim=2) for c in self.convs]
        return self.head(torch.cat(pooled, dim=1))


class GraphConvolution(nn.Module):
    """Features and an adjacency matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor, adjacency: torch.Tensor) -> torch.Tensor:
        x = F.relu(adjacency @ self.first(x))
        return F.log_softmax(torch.matmul(adjacency, self.second(x)), dim=1)


class Experts(nn.Module):
    """A soft mixture."""

    def __init__(self) -> None:
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(8, 4) for _ in range(3))
        self.gate = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = self.gate(x).softmax(-1)
        results = torch.stack([expert(x) for expert in self.experts], dim=1)
        return torch.einsum("be,bed->bd", weights, results)


class ChecksType(nn.Module):
    """Python that looks at types: right only with real tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.dim() == 2
        return self.layer(x) if isinstance(x, torch.Tensor) else x


BASIC = {"conv2d_3x3": 2, "batch_norm": 2, "relu": 2, "add": 1}
ATTENTION = {"linear": 2, "layer_norm": 2, "multihead_attention_2heads": 1, "gelu": 1, "add": 2}
MLP = {"linear": 2, "relu": 1}

CASES = {
    "mlp": Case(
        lambda: nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Dropout(), nn.Linear(6, 3)),
        ROW, MLP, 3,
    ),
    "single_layer": Case(lambda: nn.Linear(8, 3), ROW, {"linear": 1}, 1),
    "lenet": Case(
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(216, 10)
        ),
        IMAGE, {"conv2d_5x5": 1, "tanh": 1, "avg_pool2d_2x2_stride2": 1, "linear": 1}, 4,
    ),
    "vgg": Case(
        lambda: nn.Sequential(
            conv_bn_relu(3, 4), conv_bn_relu(4, 4), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(1), nn.Linear(4, 10),
        ),
        IMAGE,
        {"conv2d_3x3": 2, "batch_norm": 2, "relu": 2, "max_pool2d_2x2_stride2": 1,
         "global_avg_pool": 1, "linear": 1}, 9,
    ),
    "basic_block": Case(lambda: BasicBlock(3, 3), IMAGE, BASIC, 7),
    "basic_block_down": Case(
        lambda: BasicBlock(3, 6, 2), IMAGE,
        {"conv2d_3x3_stride2": 1, "conv2d_3x3": 1, "conv2d_1x1_stride2": 1, "batch_norm": 3,
         "relu": 2, "add": 1}, 7,
    ),
    "resnet": Case(
        lambda: nn.Sequential(BasicBlock(3, 3), BasicBlock(3, 3)), IMAGE,
        {op: 2 * n for op, n in BASIC.items()}, 14,
    ),
    "resnext": Case(
        lambda: Bottleneck(16, 4), (torch.zeros(1, 16, 8, 8),),
        {"conv2d_1x1": 2, "conv2d_3x3_groups4": 1, "batch_norm": 2, "relu": 3, "add": 1}, 9,
    ),
    "pre_activation": Case(
        lambda: PreActivation(False), IMAGE, {"conv2d_3x3": 1, "relu": 1, "add": 1}, 3
    ),
    "densenet": Case(DenseBlock, IMAGE, {"conv2d_3x3": 3, "cat": 3}, 6),
    "inception": Case(
        Inception, IMAGE,
        {"conv2d_1x1": 2, "conv2d_3x3": 1, "conv2d_5x5": 1, "max_pool2d_3x3": 1, "cat": 1}, 3,
    ),
    "squeeze_excite": Case(
        lambda: SqueezeExcite(3), IMAGE,
        {"global_avg_pool": 1, "conv2d_1x1": 2, "relu": 1, "sigmoid": 1, "mul": 1}, 6,
    ),
    "squeeze_excite_linear": Case(
        lambda: SqueezeExciteLinear(3), IMAGE,
        {"global_avg_pool": 1, "linear": 2, "relu": 1, "sigmoid": 1, "mul": 1}, 6,
    ),
    "mobilenet": Case(
        lambda: InvertedResidual(3, 5, 2), IMAGE,
        {"conv2d_1x1": 2, "conv2d_5x5_depthwise": 1, "batch_norm": 3, "relu6": 1, "hardswish": 1,
         "add": 1}, 9,
    ),
    "shufflenet": Case(
        ShuffleUnit, (torch.zeros(1, 4, 8, 8),), {"conv2d_3x3_depthwise": 1, "cat": 1}, 2
    ),
    "unet": Case(
        UNet, IMAGE,
        {"conv2d_3x3": 3, "relu": 2, "max_pool2d_2x2_stride2": 1, "cat": 1,
         "conv_transpose2d_2x2_stride2": 1}, 8,
    ),
    "unet_interpolated": Case(
        UNetInterpolated, IMAGE,
        {"conv2d_3x3": 3, "avg_pool2d_2x2_stride2": 1, "upsample_bilinear": 1, "cat": 1}, 6,
        symbolic=False,
    ),
    "upsample": Case(
        lambda: nn.Sequential(nn.Upsample(scale_factor=2), conv(3, 4, 1), nn.PixelShuffle(2)),
        IMAGE, {"upsample_nearest": 1, "conv2d_1x1": 1, "pixel_shuffle": 1}, 3,
    ),
    "attention": Case(
        lambda: SelfAttention(False), SEQUENCE, {"linear": 2, "matmul": 2, "softmax": 1}, 5
    ),
    "attention_fused": Case(
        lambda: SelfAttention(True), SEQUENCE, {"linear": 2, "scaled_dot_product_attention": 1}, 3
    ),
    "encoder_block": Case(EncoderBlock, SEQUENCE, ATTENTION, 8),
    "vision_transformer": Case(
        VisionTransformer, IMAGE,
        {"conv2d_4x4_stride4": 1, "cat_parameter": 1, "add_parameter": 1, "linear": 5,
         "layer_norm": 4, "multihead_attention_2heads": 2, "gelu": 2, "add": 4}, 20,
    ),
    "torch_encoder": Case(
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False
        ),
        SEQUENCE,
        {"multihead_attention_2heads": 2, "add": 4, "layer_norm": 4, "linear": 4, "relu": 2}, 16,
        symbolic=False,
    ),
    "language_model": Case(
        LanguageModel, TOKENS,
        {"embedding": 1, "add_parameter": 1, "linear": 2, "matmul": 2, "masked_fill": 1,
         "softmax": 1, "add": 1}, 9, symbolic=False,
    ),
    "mixer": Case(Mixer, SEQUENCE, {"layer_norm": 2, "linear": 4, "gelu": 2, "add": 2}, 10),
    "lstm": Case(
        lambda: Recurrent(nn.LSTM(8, 6, batch_first=True), 6, lstm=True), SEQUENCE,
        {"lstm": 1, "linear": 1}, 2,
    ),
    "lstm_stacked": Case(
        lambda: Recurrent(nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True), 12, lstm=True),
        SEQUENCE, {"lstm_2layers_bidirectional": 1, "linear": 1}, 2,
    ),
    "gru": Case(
        lambda: Recurrent(nn.GRU(8, 6, batch_first=True), 6), SEQUENCE, {"gru": 1, "linear": 1}, 2
    ),
    "rnn": Case(
        lambda: Recurrent(nn.RNN(8, 6, nonlinearity="relu", batch_first=True), 6), SEQUENCE,
        {"rnn_relu": 1, "linear": 1}, 2,
    ),
    "unrolled_cell": Case(Unrolled, SEQUENCE, {"gru_cell": 3, "linear": 1}, 4, symbolic=False),
    "loop_over_time": Case(
        ByShape, SEQUENCE, {"linear": 4, "add": 4, "tanh": 4}, 12, symbolic=False
    ),
    "shared_weights": Case(Shared, ROW, {"linear": 3, "relu": 3}, 6),
    "siamese": Case(Siamese, ROW * 2, {"linear": 2, "relu": 2, "sub": 1, "abs": 1}, 4),
    "two_branches": Case(
        lambda: TwoInputs(
            lambda net, x, y: net.head(torch.cat([net.a(x), net.b(y)], 1)),
            a=nn.Linear(8, 4), b=nn.Linear(8, 4), head=nn.Linear(8, 2),
        ),
        ROW * 2, {"linear": 3, "cat": 1}, 3,
    ),
    "film": Case(
        lambda: TwoInputs(lambda net, x, y: x * net.a(y) + net.b(y), a=nn.Linear(8, 8),
                          b=nn.Linear(8, 8)),
        ROW * 2, {"linear": 2, "mul": 1, "add": 1}, 3,
    ),
    "named_outputs": Case(Mapping, ROW, {"linear": 3, "relu": 1}, 3),
    "optional_left_out": Case(Optional, ROW, {"linear": 1}, 1, unused=72),
    "optional_given": Case(Optional, ROW * 2, {"linear": 2, "add": 1}, 2),
    "by_hand": Case(
        ByHand, ROW, {"linear": 1, "add_parameter": 1, "gelu": 1, "mul_parameter": 1}, 4
    ),
    "functional": Case(
        Functional, IMAGE,
        {"conv2d_3x3_stride2": 1, "batch_norm": 1, "relu": 1, "max_pool2d_2x2_stride2": 1,
         "global_avg_pool": 1, "linear": 1}, 6,
    ),
    "in_place": Case(InPlace, ROW, {"linear": 2, "tanh": 1}, 2, symbolic=False),
    "no_grad": Case(NoGrad, ROW, {"linear": 2, "sigmoid": 1}, 3),
    "highway": Case(
        HighwayGate, ROW, {"linear": 2, "sigmoid": 1, "tanh": 1, "mul": 2, "add": 1}, 4
    ),
    "convnext": Case(
        ConvNeXt, (torch.zeros(1, 4, 8, 8),),
        {"conv2d_7x7_depthwise": 1, "layer_norm": 1, "linear": 2, "gelu": 1, "mul_parameter": 1,
         "add": 1}, 7,
    ),
    "padding_mask": Case(
        WithMask, (*SEQUENCE, torch.zeros(1, 5, dtype=torch.bool)),
        {"multihead_attention_4heads": 1}, 1,
    ),
    "cross_attention": Case(
        CrossAttention, SEQUENCE * 2, {"multihead_attention_2heads": 1, "add": 1}, 2
    ),
    "stochastic_depth": Case(StochasticDepth, ROW, {"linear": 1, "add": 1}, 2),
    "chosen_conv": Case(lambda: Chosen("conv"), IMAGE, {"conv2d_3x3": 1, "add": 1}, 2),
    "chosen_pool": Case(
        lambda: Chosen("pool"), IMAGE, {"avg_pool2d_3x3": 1, "add": 1}, 2, unused=84
    ),
    "chosen_skip": Case(lambda: Chosen("skip"), IMAGE, {"add": 1}, 1, unused=84),
    "darts_cell": Case(
        DartsCell, IMAGE,
        {"relu": 2, "conv2d_3x3_depthwise": 1, "conv2d_5x5_depthwise_dilation2": 1,
         "conv2d_1x1": 2, "max_pool2d_3x3": 1, "add": 2, "cat": 1}, 9,
    ),
    "text_cnn": Case(
        TextCNN, TOKENS,
        {"embedding": 1, "conv1d_2": 1, "conv1d_3": 1, "relu": 2, "amax": 2, "cat": 1, "linear": 1},
        6,
    ),
    "graph_convolution": Case(
        GraphConvolution, (torch.zeros(4, 8), torch.zeros(4, 4)),
        {"linear": 2, "matmul": 2, "relu": 1, "log_softmax": 1}, 6,
    ),
    "experts": Case(Experts, ROW, {"linear": 4, "softmax": 1, "cat": 1, "matmul": 1}, 3),
    "norms": Case(
        lambda: nn.Sequential(
            conv(3, 4), nn.GroupNorm(2, 4), nn.SiLU(), nn.InstanceNorm2d(4, affine=True),
            nn.PReLU(), nn.LeakyReLU(), nn.ELU(),
        ),
        IMAGE,
        {"conv2d_3x3": 1, "group_norm": 1, "silu": 1, "instance_norm": 1, "prelu": 1,
         "leaky_relu": 1, "elu": 1}, 7,
    ),
    "conv3d": Case(
        lambda: nn.Sequential(nn.Conv3d(1, 2, (1, 3, 3)), nn.MaxPool3d(2), nn.AdaptiveMaxPool3d(1)),
        (torch.zeros(1, 1, 4, 8, 8),),
        {"conv3d_1x3x3": 1, "max_pool3d_2x2x2_stride2": 1, "global_max_pool": 1}, 3,
    ),
    "weight_norm": Case(
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(8, 8)), nn.Tanh()),
        ROW, {"linear": 1, "tanh": 1}, 2,
    ),
    "checks_type": Case(ChecksType, ROW, {"linear": 1}, 1, symbolic=False),
}  # fmt: skip
