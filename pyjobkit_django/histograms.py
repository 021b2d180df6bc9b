"""Times counted in buckets that double: small to keep, quick to add up, near enough."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

#: Bucket 0 holds what took less than 1 ms, bucket n what took from 2ⁿ⁻¹ to below 2ⁿ ms;
#: the last one also holds what took longer, more than twelve days.
BUCKETS: Final = 32
_LEAST_S: Final = 0.001


def bucket_of(seconds: float) -> int:
    """Return the bucket of a duration; a negative one counts as none."""
    if seconds < _LEAST_S:
        return 0
    return min(int(seconds * 1000).bit_length(), BUCKETS - 1)


def bounds_of(bucket: int) -> tuple[float, float]:
    """Return where a bucket begins and where it ends, in seconds."""
    return (2 ** (bucket - 1) / 1000 if bucket else 0.0), 2**bucket / 1000


def added(histograms: Iterable[Sequence[int]]) -> list[int]:
    """Return the sum of histograms, without the empty buckets at its end."""
    return [sum(counts) for counts in zip_longest(*histograms, fillvalue=0)]


def percentile(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds below which ``share`` of the durations are, to one bucket.

    None where there are no durations. The value lies in the bucket that holds the one
    of that rank.
    """
    rank = math.ceil(share * sum(counts)) or 1
    below = 0
    for bucket, count in enumerate(counts):
        if below + count >= rank:
            begin, end = bounds_of(bucket)
            return begin + (end - begin) * (rank - below) / (count + 1)
        below += count
    return None
