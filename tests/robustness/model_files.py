"""Model files taken apart and put together again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and data of a file."""
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + n]), raw[8 + n :]


def forge(path: Path, header: dict[str, Any], data: bytes) -> None:
    """Write a file with a checksum that fits, as somebody with bad intentions could."""
    header["__metadata__"].pop("sha256", None)
    canonical = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    header["__metadata__"]["sha256"] = hashlib.sha256(canonical + b"\n" + data).hexdigest()
    encoded = json.dumps(header).encode()
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + data)


def forged(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the document of a saved file, and its checksum."""
    header, data = parts(path)
    document = json.loads(header["__metadata__"]["document"])
    change(document)
    header["__metadata__"]["document"] = json.dumps(document)
    forge(path, header, data)
