"""Converters cost nothing until they are called, and say what is missing."""

import sys

import pytest

from tagates_sk.graphs import from_onnx
from tests.test_import_time import output_of

WITHOUT = """
import sys, types
package = types.ModuleType("tagates_sk")
package.__path__ = [{path!r}]
sys.modules["tagates_sk"] = package  # its __init__ imports torch
from tagates_sk.graphs import from_onnx, from_torch
print([name for name in ("torch", "onnx", "networkx", "sklearn") if name in sys.modules])
"""


def test_graphs_import_neither_torch_nor_onnx():
    import tagates_sk

    assert output_of(WITHOUT.format(path=tagates_sk.__path__[0])).strip() == "[]"


def test_onnx_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install "tagates_sk\[onnx\]"'):
        from_onnx("model.onnx")
