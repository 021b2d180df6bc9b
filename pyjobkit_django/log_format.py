"""How a worker's own log reads: lines of text, or one JSON object a line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

#: The keys of a JSON line that come first, as far as the record has them.
LEADING: Final = ("event", "job_id", "worker_id", "status", "duration_ms")

#: What a worker itself says of a job; nothing in it is secret.
_TOLD_BY_US: Final = frozenset((*LEADING, "kind", "attempts"))

#: What every record has; the rest came in with ``extra``.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


#: Masks what is secret in a text, or in the values of a dict.
type Mask = Callable[[Any], Any]


def _nothing(value: Any) -> Any:
    return value


class MaskingFormatter(logging.Formatter):
    """Masks what does not come from our own pen: arguments, tracebacks, what is carried."""

    def __init__(
        self, fmt: str | None = None, datefmt: str | None = None, *, mask: Mask
    ) -> None:
        super().__init__(fmt, datefmt)
        self._mask = mask

    def message_of(self, record: logging.LogRecord) -> str:
        """Return the message, masked where it was put together."""
        message = record.getMessage()
        return str(self._mask(message)) if record.args else message

    def carried_by(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return what ``extra`` brought into the record, masked."""
        fields = carried(record)
        foreign = {key: fields[key] for key in fields if key not in _TOLD_BY_US}
        return fields | self._mask(foreign) if foreign else fields

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return str(self._mask(super().formatException(ei)))


class JsonFormatter(MaskingFormatter):
    """One JSON object a line: ts, level, logger, msg, then what the record carries."""

    def __init__(self, *, ensure_ascii: bool = False, mask: Mask = _nothing) -> None:
        super().__init__(mask=mask)
        self._ensure_ascii = ensure_ascii

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        always = {
            "ts": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "msg": self.message_of(record),
        }
        line = always | self.carried_by(record) | always
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=self._ensure_ascii)


class TextFormatter(MaskingFormatter):
    """Time, level and message, then what the record carries as ``key=value``."""

    def __init__(self, *, mask: Mask = _nothing) -> None:
        super().__init__(
            "%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S", mask=mask
        )

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = self.message_of(record)
        fields = [f"{key}={value}" for key, value in self.carried_by(record).items()]
        return " ".join([super().formatMessage(record), *fields])


def carried(record: logging.LogRecord) -> dict[str, Any]:
    """Return what ``extra`` brought into the record, the well-known keys first."""
    fields: dict[str, Any] = vars(record)
    extra = [key for key in fields if key not in _STANDARD and key not in LEADING]
    keys = [*LEADING, *extra]
    return {key: fields[key] for key in keys if fields.get(key) is not None}


def configure_logging(
    level: int | str = "INFO", *, fmt: str = "text", mask: Mask = _nothing
) -> None:
    """Send the ``pyjobkit`` loggers to stderr as ``text`` or ``json``, and nowhere else.

    What they say of jobs' own words, tracebacks included, goes through ``mask``.
    """
    handler = logging.StreamHandler()
    formatter = JsonFormatter if fmt == "json" else TextFormatter
    handler.setFormatter(formatter(mask=mask))
    root = logging.getLogger("pyjobkit")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
