"""Reports put away: packed, with a checksum beside them that ``sha256sum -c`` knows."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path


def packed_of(report: Path) -> Path:
    """Return where a report is packed."""
    return report.with_name(f"{report.name}.gz")


def pack(report: Path) -> int:
    """Write a report packed; return how many bytes it takes then."""
    return packed_of(report).write_bytes(gzip.compress(report.read_bytes(), mtime=0))


def seal_of(packed: Path) -> Path:
    """Return where the checksum of a file is."""
    return packed.with_name(f"{packed.name}.sha256")


def seal(packed: Path) -> str:
    """Write the SHA-256 of a file; return it."""
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    seal_of(packed).write_text(f"{digest}  {packed.name}\n", encoding="utf-8")
    return digest
