"""What names of operations say."""

import pytest

from tagates_sk.graphs import is_parametrized
from tagates_sk.graphs.operations import updated_mask

WITH_WEIGHTS = [
    "nor_conv_3x3", "nor_conv_1x1", "conv3x3-bn-relu", "sep_conv_5x5", "dil_conv_3x3", "Conv2d",
    "linear", "fc", "self_attention", "LSTM", "gru", "mbconv_e6", "transformer_block",
    "module_1", "block2", "k3_e6", "unheard_of", "my_layer", "batch_norm", "LayerNorm", "prelu",
    "add_parameter",
    "multihead_attention_4heads",
]  # fmt: skip
WITHOUT_WEIGHTS = [
    "avg_pool_3x3", "max_pool_3x3", "maxpool3x3", "skip_connect", "skip", "identity", "none",
    "relu", "dropout", "add", "concat", "LeakyReLU", "elementwise_sum", "activation_tanh",
    "softmax", "upsample2x", "channel_shuffle", "in",
    "normalize", "leaky_relu", "global_avg_pool",
]  # fmt: skip


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_parametrized(name):
    assert is_parametrized(name)


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_not_parametrized(name):
    assert not is_parametrized(name)


VOCABULARY = ["avg_pool_3x3", "conv_3x3", "skip_connect"]


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        ("parametrized", [False, True, False]),
        ("all", [True, True, False]),
        (["avg_pool_3x3", "skip_connect"], [True, False, False]),
        ((), [False, False, False]),
    ],
)
def test_updated_mask(updated, expected):
    assert updated_mask(iter(VOCABULARY), updated) == expected


def test_updated_mask_of_an_unknown_word():
    with pytest.raises(ValueError, match="updated_operations='some' is neither"):
        updated_mask(VOCABULARY, "some")


def test_updated_mask_of_an_unknown_operation():
    with pytest.raises(ValueError, match=r"names \['gelu'\], which no architecture of X has"):
        updated_mask(VOCABULARY, ["conv_3x3", "gelu"])
