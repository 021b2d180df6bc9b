"""What the system's process table says of a process group."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
#: The states of a process that has ended, but whose parent has not looked yet.
_ENDED: Final = frozenset("ZX")


def has_living_member(group_id: int) -> bool:
    """Tell whether a process group, which must exist, has more than dead members.

    It reads the whole table, so call it in a thread. Where there is no ``/proc`` all
    members pass for living.
    """
    processes = [entry for entry in PROC.glob("[0-9]*") if entry.name.isdigit()]
    return not processes or any(_lives_in(group_id, entry) for entry in processes)


def _lives_in(group_id: int, process: Path) -> bool:
    try:
        stat = (process / "stat").read_bytes()
    except OSError:
        return False
    # The name before it may contain anything, brackets and blanks too.
    state, _, group, *_ = stat.rpartition(b")")[2].decode().split()
    return int(group) == group_id and state not in _ENDED
