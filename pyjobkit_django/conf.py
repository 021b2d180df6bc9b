"""PYJOBKIT in the site's settings, read once into one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings as site
from django.core.signals import setting_changed

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.job_fields import (
    MAX_ATTEMPTS,
    MAX_PRIORITY,
    check_integer,
    check_name,
    check_retry_policy,
    check_timeout,
)
from pyjobkit_django.jobs import DEFAULT_QUEUE, FINAL, JobRules, JobStatus
from pyjobkit_django.payload import MAX_BYTES
from pyjobkit_django.worker import LogLimits

#: How many days ended jobs are kept where RETENTION does not say.
DEFAULT_RETENTION_DAYS: Final = {
    "success": 7,
    "failed": 30,
    "timeout": 30,
    "cancelled": 7,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What PYJOBKIT says, with defaults for the rest.

    ``executors`` pairs the dotted path of a class with its keyword arguments;
    ``retention`` of None keeps a status for ever; ``lease_ttl`` is in seconds.
    """

    executors: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    rules: JobRules = field(default_factory=lambda: JobRules(queues=(DEFAULT_QUEUE,)))
    lease_ttl: float = 30.0
    log_limits: LogLimits = field(default_factory=LogLimits)
    retention: Mapping[JobStatus, timedelta | None] = field(default_factory=dict)
    notify: bool = True

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues there are."""
        return self.rules.queues or ()


def read(raw: Any) -> tuple[Settings, list[str]]:
    """Return the settings that ``raw`` means, and a sentence for each fault in it."""
    if not isinstance(raw, Mapping):
        return Settings(), [f"PYJOBKIT must be a dict, not {type(raw).__name__}"]
    unknown = [
        f"PYJOBKIT[{key!r}] is not a setting; there are {', '.join(sorted(_READERS))}"
        for key in sorted(set(raw) - set(_READERS), key=str)
    ]
    values, faults = _read_each(raw, _READERS, "PYJOBKIT")
    rules = JobRules(
        queues=values["QUEUES"],
        max_payload_bytes=values["MAX_PAYLOAD_BYTES"],
        **{
            name: value
            for name, value in values["DEFAULTS"].items()
            if value is not None
        },
    )
    found = Settings(
        executors=values["EXECUTORS"],
        rules=rules,
        lease_ttl=values["LEASE_TTL"],
        log_limits=LogLimits(**values["LOG_LIMITS"]),
        retention=values["RETENTION"],
        notify=values["NOTIFY"],
    )
    return found, unknown + faults


@cache
def current() -> Settings:
    """Return the site's settings; raise ConfigError naming every fault."""
    found, faults = read(getattr(site, "PYJOBKIT", {}))
    if faults:
        raise ConfigError("; ".join(faults))
    return found


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "PYJOBKIT":
        current.cache_clear()


setting_changed.connect(_forget)


type Reader = tuple[Any, Callable[[Any], Any]]


def _read_each(
    raw: Mapping[str, Any], readers: Mapping[str, Reader], name: str
) -> tuple[dict[str, Any], list[str]]:
    values, faults = {}, []
    for key, (default, read_value) in readers.items():
        values[key] = read_value(default)
        if key in raw:
            try:
                values[key] = read_value(raw[key])
            except (ValueError, TypeError) as error:
                faults.append(f"{name}[{key!r}]: {error}")
    return values, faults


def _read_inner(readers: Mapping[str, Reader]) -> Callable[[Any], dict[str, Any]]:
    def read_dict(raw: Any) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise ConfigError(f"must be a dict, not {raw!r}")
        if unknown := sorted(set(raw) - set(readers), key=str):
            raise ConfigError(
                f"{unknown[0]!r} is unknown; there are {', '.join(readers)}"
            )
        values, faults = _read_each(raw, readers, "")
        if faults:
            raise ConfigError("; ".join(faults))
        return values

    return read_dict


def _executors(raw: Any) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    pairs = raw.items() if isinstance(raw, Mapping) else _pairs(raw)
    found = []
    for path, options in pairs:
        if not isinstance(path, str) or "." not in path:
            raise ConfigError(f"{path!r} must be the dotted path of an executor class")
        if not isinstance(options, Mapping):
            raise ConfigError(f"the options of {path} must be a dict, not {options!r}")
        found.append((path, dict(options)))
    return tuple(found)


def _pairs(raw: Any) -> list[tuple[Any, dict[str, Any]]]:
    if not isinstance(raw, (list, tuple)):
        raise ConfigError(
            f"must be a list of dotted paths or a dict path → options, not {raw!r}"
        )
    return [(path, {}) for path in raw]


def _queues(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise ConfigError(f"must be a list of at least one queue, not {raw!r}")
    for queue in raw:
        check_name("queue", queue)
    return tuple(dict.fromkeys(raw))


def _seconds(raw: Any) -> float:
    if isinstance(raw, timedelta):
        raw = raw.total_seconds()
    check_timeout(raw)
    return float(raw)


def _bounded(name: str, low: int, high: int) -> Callable[[Any], int]:
    def read_integer(raw: Any) -> int:
        check_integer(name, raw, low, high)
        return int(raw)

    return read_integer


def _days(raw: Any) -> timedelta | None:
    if raw is None or isinstance(raw, timedelta):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or raw < 0:
        raise ConfigError(f"must be days, a timedelta or None, not {raw!r}")
    return timedelta(days=raw)


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ConfigError(f"must be True or False, not {raw!r}")
    return raw


def _checked(check: Callable[[Any], None]) -> Callable[[Any], Any]:
    def read_value(raw: Any) -> Any:
        check(raw)
        return raw

    return read_value


_BIG: Final = 2**31 - 1
_RULES: Final = JobRules()
_LIMITS: Final = LogLimits()

_DEFAULTS: Final[Mapping[str, Reader]] = {
    "priority": (_RULES.priority, _bounded("priority", -MAX_PRIORITY, MAX_PRIORITY)),
    "max_attempts": (_RULES.max_attempts, _bounded("max_attempts", 1, MAX_ATTEMPTS)),
    "timeout_s": (None, _checked(check_timeout)),
    "retry_policy": (None, _checked(check_retry_policy)),
}
_LOG_LIMITS: Final[Mapping[str, Reader]] = {
    "lines": (_LIMITS.lines, _bounded("lines", 1, _BIG)),
    "line_bytes": (_LIMITS.line_bytes, _bounded("line_bytes", 16, _BIG)),
}
_RETENTION: Final[Mapping[str, Reader]] = {
    status.value: (DEFAULT_RETENTION_DAYS[status.value], _days) for status in FINAL
}
_READERS: Final[Mapping[str, Reader]] = {
    "EXECUTORS": ((), _executors),
    "QUEUES": ([DEFAULT_QUEUE], _queues),
    "DEFAULTS": ({}, _read_inner(_DEFAULTS)),
    "LEASE_TTL": (30.0, _seconds),
    "MAX_PAYLOAD_BYTES": (MAX_BYTES, _bounded("bytes", 1_024, _BIG)),
    "LOG_LIMITS": ({}, _read_inner(_LOG_LIMITS)),
    "RETENTION": ({}, _read_inner(_RETENTION)),
    "NOTIFY": (True, _flag),
}
