"""Names that the command line knows; what they stand for is imported where it is used."""

from __future__ import annotations

from typing import NamedTuple

TAGATES = "tagates"
"""The estimator that is no baseline."""

SPACES = {
    "nasbench101": "NASBench101",
    "nasbench201": "NASBench201",
    "darts": "DARTS",
    "enas_micro": "ENASMicro",
    "enas_macro": "ENASMacro",
    "transnas_micro": "TransNASBench101Micro",
    "transnas_macro": "TransNASBench101Macro",
    "nats_size": "NATSBenchSize",
    "fbnet": "FBNet",
    "mnasnet": "MnasNet",
}
"""Search spaces whose native forms can be read, and their classes in `tagates_sk.spaces`."""

ENCODINGS = {"nasbench201": ("nasbench201", "naslib"), "darts": ("darts", "naslib")}
"""Spaces that several libraries number differently, and whose numbers they read."""

DATASETS = {
    "nasbench101": "load_nasbench101",
    "nasbench201": "load_nasbench201",
    "enas": "load_enas_oneshot",
}
"""Data that come with the package, and their loaders in `tagates_sk.datasets`."""


class Keys(NamedTuple):
    """Under which keys, or in which columns, a file has what is wanted."""

    architecture: str = "architecture"
    value: str = "value"
