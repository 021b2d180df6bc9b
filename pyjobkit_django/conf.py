"""PYJOBKIT in the site's settings, read once into one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings as site
from django.core.signals import setting_changed

from pyjobkit_django.errors import ConfigError, InvalidJobError
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
from pyjobkit_django.quoting import one_line, quoted
from pyjobkit_django.retry import MAX_DELAY_S
from pyjobkit_django.worker import LogLimits

#: How many days ended jobs are kept where RETENTION does not say.
DEFAULT_RETENTION_DAYS: Final = {
    "success": 7,
    "failed": 30,
    "timeout": 30,
    "cancelled": 7,
}
#: Whose values pages do not show, wherever one of these is a part of the name. The names in
#: REDACT come on top.
SECRET_NAMES: Final = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "auth"),
    *("authorization", "credential", "cookie", "session_id", "signature"),
    *("key", "api_key", "apikey", "access_key", "private_key", "connection_string"),
    *("dsn", "jwt", "otp", "pin"),
)
#: The longest that a setting or a command may keep ended jobs; databases' times end.
MAX_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What PYJOBKIT says, with defaults for the rest.

    ``executors`` pairs the dotted path of a class with its keyword arguments;
    ``retention`` of None keeps a status for ever; ``lease_ttl`` is in seconds; ``redact``
    are the names whose values pages mask.
    """

    executors: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    rules: JobRules = field(default_factory=lambda: JobRules(queues=(DEFAULT_QUEUE,)))
    lease_ttl: float = 30.0
    log_limits: LogLimits = field(default_factory=LogLimits)
    retention: Mapping[JobStatus, timedelta | None] = field(default_factory=dict)
    notify: bool = True
    redact: tuple[str, ...] = SECRET_NAMES

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues there are."""
        return self.rules.queues or ()


def read(raw: Any) -> tuple[Settings, list[str]]:
    """Return the settings that ``raw`` means, and a sentence for each fault in it."""
    values, faults = _read_dict(raw, _READERS, "PYJOBKIT")
    defaults = {
        name: value for name, value in values["DEFAULTS"].items() if value is not None
    }
    found = Settings(
        executors=values["EXECUTORS"],
        rules=JobRules(
            queues=values["QUEUES"],
            max_payload_bytes=values["MAX_PAYLOAD_BYTES"],
            **defaults,
        ),
        lease_ttl=values["LEASE_TTL"],
        log_limits=LogLimits(**values["LOG_LIMITS"]),
        retention=values["RETENTION"],
        notify=values["NOTIFY"],
        redact=values["REDACT"],
    )
    return found, faults


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


#: The default of a setting and what reads it, or the readers of a dict of settings.
type Reader = tuple[Any, Callable[[Any], Any]] | Mapping[str, Reader]


def _read_dict(
    raw: Any, readers: Mapping[str, Reader], name: str
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults: list[str] = []
    if not isinstance(raw, Mapping):
        faults.append(f"{name} must be a dict, not {quoted(raw)}")
        raw = {}
    for key in sorted(set(raw) - set(readers), key=str):
        known = ", ".join(readers)
        faults.append(f"{name}[{quoted(key)}] is not a setting; there are {known}")
    for key, reader in readers.items():
        values[key], found = _read_one(raw, key, reader, f"{name}[{quoted(key)}]")
        faults += found
    return values, faults


def _read_one(
    raw: Mapping[str, Any], key: str, reader: Reader, name: str
) -> tuple[Any, list[str]]:
    if isinstance(reader, Mapping):
        return _read_dict(raw.get(key, {}), reader, name)
    default, read_value = reader
    try:
        return read_value(raw.get(key, default)), []
    except (ValueError, TypeError, OverflowError) as error:
        field = error.field if isinstance(error, InvalidJobError) else ""
        told = str(error).removeprefix(f"{field}: ")
        return read_value(default), [f"{name}: {told}"]


def _executors(raw: Any) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    pairs = raw.items() if isinstance(raw, Mapping) else _pairs(raw)
    found = []
    for path, options in pairs:
        if not isinstance(path, str) or "." not in path:
            raise ConfigError(
                f"{quoted(path)} must be the dotted path of an executor class"
            )
        if not isinstance(options, Mapping):
            raise ConfigError(
                f"the options of {one_line(path)} must be a dict, not {quoted(options)}"
            )
        found.append((path, dict(options)))
    return tuple(found)


def _pairs(raw: Any) -> list[tuple[Any, dict[str, Any]]]:
    if not isinstance(raw, (list, tuple)):
        raise ConfigError(
            f"must be a list of dotted paths or a dict path → options, not {quoted(raw)}"
        )
    return [(path, {}) for path in raw]


def _queues(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise ConfigError(f"must be a list of at least one queue, not {quoted(raw)}")
    for queue in raw:
        check_name("queue", queue)
    return tuple(dict.fromkeys(raw))


def _seconds(raw: Any) -> float:
    seconds = raw.total_seconds() if isinstance(raw, timedelta) else raw
    if not _is_number(seconds) or not 0 < seconds <= MAX_DELAY_S:
        raise ConfigError(f"must be seconds above 0, or a timedelta, not {quoted(raw)}")
    return float(seconds)


def _bounded(name: str, low: int, high: int) -> Callable[[Any], int]:
    def read_integer(raw: Any) -> int:
        check_integer(name, raw, low, high)
        return int(raw)

    return read_integer


def _names(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, (list, tuple)):
        raise ConfigError(f"must be a list of names, not {quoted(raw)}")
    for name in raw:
        if not isinstance(name, str) or not any(map(str.isalnum, name)):
            raise ConfigError(f"{quoted(name)} is not a name")
    return tuple(dict.fromkeys([*SECRET_NAMES, *raw]))


def _days(raw: Any) -> timedelta | None:
    if raw is None:
        return None
    days = raw / timedelta(days=1) if isinstance(raw, timedelta) else raw
    if not _is_number(days) or not 0 <= days <= MAX_DAYS:
        raise ConfigError(
            f"must be days (up to {MAX_DAYS:,}), a timedelta or None, not {quoted(raw)}"
        )
    return timedelta(days=days)


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ConfigError(f"must be True or False, not {quoted(raw)}")
    return raw


def _is_number(raw: Any) -> bool:
    return isinstance(raw, (int, float)) and not isinstance(raw, bool)


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
    "run_bytes": (_LIMITS.run_bytes, _bounded("run_bytes", 1_024, _BIG)),
}
_RETENTION: Final[Mapping[str, Reader]] = {
    status.value: (DEFAULT_RETENTION_DAYS[status.value], _days) for status in FINAL
}
_READERS: Final[Mapping[str, Reader]] = {
    "EXECUTORS": ((), _executors),
    "QUEUES": ([DEFAULT_QUEUE], _queues),
    "DEFAULTS": _DEFAULTS,
    "LEASE_TTL": (30.0, _seconds),
    "MAX_PAYLOAD_BYTES": (MAX_BYTES, _bounded("bytes", 1_024, _BIG)),
    "LOG_LIMITS": _LOG_LIMITS,
    "RETENTION": _RETENTION,
    "NOTIFY": (True, _flag),
    "REDACT": ((), _names),
}
