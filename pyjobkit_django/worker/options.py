"""What a worker is told when it is made, checked once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict
from uuid import UUID

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.limits import RateLimit, RateLimitSpecs, parse_rate_limits
from pyjobkit_django.metrics import WorkerMetrics
from pyjobkit_django.option_checks import check_count, check_seconds
from pyjobkit_django.quoting import quoted
from pyjobkit_django.retry import DEFAULT_POLICY, RetryPolicy, parse_policy

type LeaseLostCallback = Callable[[UUID, dict[str, Any]], Awaitable[None] | None]
type HeartbeatCallback = Callable[[UUID], Awaitable[None] | None]

#: How many jobs run at once where nobody says otherwise.
MAX_CONCURRENCY: Final = 8
#: The largest claim where nobody says otherwise.
MAX_BATCH: Final = 100

_COUNTS: Final = ("max_concurrency", "batch", "queue_capacity")
_SECONDS: Final = (
    "poll_interval",
    "lease_ttl",
    "stop_timeout",
    "watchdog_interval_s",
    "heartbeat_interval_s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """How much one run may log: lines, and bytes of UTF-8 of each and of all together."""

    lines: int = 10_000
    line_bytes: int = 65_536
    run_bytes: int = 16_777_216

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        check_count("log_limits.lines", self.lines)
        check_count("log_limits.line_bytes", self.line_bytes)
        check_count("log_limits.run_bytes", self.run_bytes)


class WorkerKeywords(TypedDict, total=False):
    """The keywords of Worker, as they may be given."""

    max_concurrency: int
    batch: int | None
    batch_size: int | None
    poll_interval: float
    lease_ttl: float
    queue_capacity: int | None
    stop_timeout: float | None
    retry_policy: RetryPolicy | str | None
    watchdog_interval_s: float | None
    rate_limits: RateLimitSpecs | None
    on_lease_lost: LeaseLostCallback | None
    kinds: Iterable[str] | None
    tags: Iterable[str] | None
    queues: Iterable[str] | None
    heartbeat_interval_s: float | None
    on_heartbeat: HeartbeatCallback | None
    log_limits: LogLimits | None
    metrics: WorkerMetrics | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Every option of a worker, sound."""

    batch: int
    max_concurrency: int = MAX_CONCURRENCY
    poll_interval: float = 0.5
    lease_ttl: float = 30.0
    queue_capacity: int | None = None
    stop_timeout: float | None = 60.0
    retry_policy: RetryPolicy = DEFAULT_POLICY
    watchdog_interval_s: float | None = None
    heartbeat_interval_s: float | None = None
    rate_limits: dict[str, RateLimit] = field(default_factory=dict)
    kinds: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    on_lease_lost: LeaseLostCallback | None = None
    on_heartbeat: HeartbeatCallback | None = None
    log_limits: LogLimits = field(default_factory=LogLimits)
    metrics: WorkerMetrics | None = None

    def __post_init__(self) -> None:
        """Refuse a number that is not above 0, naming the argument."""
        for name in _COUNTS:
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        for name in _SECONDS:
            if getattr(self, name) is not None:
                check_seconds(name, getattr(self, name))

    @property
    def reap_interval_s(self) -> float:
        """How long the reaper may sleep."""
        return self.watchdog_interval_s or self.lease_ttl

    @property
    def beat_interval_s(self) -> float:
        """How often the worker gives a sign of life."""
        return self.heartbeat_interval_s or self.lease_ttl / 2


def options_of(given: WorkerKeywords) -> WorkerOptions:
    """Return the options that the keywords of Worker stand for; ConfigError if unsound."""
    rest: dict[str, Any] = {**given}
    most = rest.get("max_concurrency", MAX_CONCURRENCY)
    return WorkerOptions(
        batch=_batch(rest.pop("batch", None), rest.pop("batch_size", None), most),
        retry_policy=_policy(rest.pop("retry_policy", None)),
        rate_limits=parse_rate_limits(rest.pop("rate_limits", None)),
        log_limits=rest.pop("log_limits", None) or LogLimits(),
        kinds=_names("kinds", rest.pop("kinds", None)),
        tags=_names("tags", rest.pop("tags", None)),
        queues=_names("queues", rest.pop("queues", None)),
        **rest,
    )


def _batch(batch: int | None, batch_size: int | None, max_concurrency: int) -> int:
    """Return the largest claim; ``batch`` and ``batch_size`` are two names of it."""
    given = {"batch": batch, "batch_size": batch_size}
    sizes = {name: size for name, size in given.items() if size is not None}
    for name, size in sizes.items():
        check_count(name, size)
    if len(set(sizes.values())) > 1:
        raise ConfigError(
            f"batch={batch} and batch_size={batch_size} are two names of one option; "
            f"give one of them"
        )
    check_count("max_concurrency", max_concurrency)
    return next(iter(sizes.values()), min(max_concurrency, MAX_BATCH))


def _names(argument: str, names: Iterable[str] | None) -> frozenset[str] | None:
    """Return the names as a set; None stands for all of them."""
    if names is None:
        return None
    if isinstance(names, str):
        raise ConfigError(
            f"{argument} must be a list of names, not the text {quoted(names)}"
        )
    return frozenset(names)


def _policy(policy: RetryPolicy | str | None) -> RetryPolicy:
    """Return the retry policy, which may be given as a spec such as ``fixed:5``."""
    if policy is None:
        return DEFAULT_POLICY
    return parse_policy(policy) if isinstance(policy, str) else policy
