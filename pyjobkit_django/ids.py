"""Job ids: UUIDv7 (RFC 9562), so that the primary key is also the order of creation."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

from pyjobkit_django.errors import JobNotFoundError

_lock = threading.Lock()
_last = 0


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
            _last += 1 + int.from_bytes(os.urandom(4))
        return UUID(int=_last)


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
