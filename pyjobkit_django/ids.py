"""Job ids: UUIDv7 (RFC 9562), so that the primary key is also the order of creation."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Final
from uuid import UUID, SafeUUID

from pyjobkit_django.errors import JobNotFoundError

#: So many random steps are drawn at once: asking for one takes as long as the rest.
_DRAWN: Final = 1024


_lock = threading.Lock()
_last = 0
_steps: Iterator[int] = iter(())


def new_job_id() -> UUID:
    """Return a UUIDv7 that is greater than every one made before in this process."""
    global _last  # noqa: PLW0603 - the sequence is one per process by definition
    millisecond = time.time_ns() // 1_000_000
    with _lock:
        if millisecond > _last >> 80:
            # 48 bits of time, the version, 12 random bits, the variant, and 61 more: the
            # bit between is 0, so that what is added below never reaches the variant.
            chance = int.from_bytes(os.urandom(10))
            high = millisecond << 16 | 0x7000 | chance >> 68
            _last = high << 64 | 0b10 << 62 | chance & (1 << 61) - 1
        else:
            # Within a millisecond, or after the clock stepped back, a random step.
            _last += 1 + _random_step()
        return _uuid(_last)


def _random_step() -> int:
    global _steps  # noqa: PLW0603 - the same
    step = next(_steps, None)
    if step is None:
        _steps = iter(memoryview(os.urandom(4 * _DRAWN)).cast("I"))
        step = next(_steps)
    return step


def _begin_anew() -> None:
    """Go on with other ids than the process that this one was forked from."""
    global _lock, _last, _steps
    _lock, _last, _steps = threading.Lock(), 0, iter(())


if hasattr(os, "register_at_fork"):  # Windows forks no processes
    os.register_at_fork(after_in_child=_begin_anew)


def _uuid(number: int) -> UUID:
    # What UUID(int=number) does, without its checks, which take three times as long.
    made = UUID.__new__(UUID)
    object.__setattr__(made, "int", number)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


def first_job_id_at(timestamp: float) -> UUID:
    """Return the lowest id of a job made at ``timestamp`` (seconds since the epoch)."""
    millisecond = max(0, min(int(timestamp * 1000), (1 << 48) - 1))
    return UUID(int=millisecond << 80 | 0x7 << 76 | 0b10 << 62)


def job_id_of(given: UUID | str) -> UUID:
    """Return an id that was given as one or as its text.

    Raises JobNotFoundError for what is no id: no job has it.
    """
    if isinstance(given, UUID):
        return given
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError):
        raise JobNotFoundError(given) from None
