"""The operations of each module call drawn together into one operation."""

from __future__ import annotations

from collections import Counter

from .dataflow import Label, Operation


def collapsed(operations: list[Operation]) -> tuple[list[Operation], list[int]]:
    """The same network with one operation for each call of a module.

    Parameters
    ----------
    operations : list of Operation
        In the order of computation. Calls follow one another, so that what was acyclic
        stays so.

    Returns
    -------
    coarse : list of Operation
    position : list of int
        Where each of `operations` went.
    """
    calls: dict[object, list[int]] = {}
    for i, operation in enumerate(operations):
        calls.setdefault(i if operation.block is None else operation.block, []).append(i)
    coarse: list[Operation] = []
    position = [0] * len(operations)
    for members in calls.values():
        for i in members:
            position[i] = len(coarse)
        inside = [operations[i] for i in members]
        block = inside[0].block
        sources = frozenset().union(*(operation.sources for operation in inside))
        coarse.append(
            Operation(
                inside[0].label if block is None else _summary(block[1], inside),
                frozenset(position[i] for i in sources - set(members)),
                {key: size for operation in inside for key, size in operation.parameters.items()},
                block,
            )
        )
    return coarse, position


def _summary(class_name: str, inside: list[Operation]) -> Label:
    """A name that tells modules of one class apart by what they do."""
    labels = [operation.label for operation in inside if operation.label is not None]
    counts = Counter(label.name for label in labels)
    parts = [name if n == 1 else f"{n}*{name}" for name, n in sorted(counts.items())]
    total: dict[str, float] = {"operations": len(labels)}
    macs = [label.attributes["macs"] for label in labels if "macs" in label.attributes]
    if macs:
        total["macs"] = sum(macs)
    for key, ordered in (("in_channels", labels), ("out_channels", labels[::-1])):
        known = [label.attributes[key] for label in ordered if key in label.attributes]
        total |= {key: known[0]} if known else {}
    return Label(f"{class_name}({', '.join(parts)})", total)
