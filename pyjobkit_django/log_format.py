"""How a worker's own log reads: lines of text, or one JSON object a line."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

#: The keys of a JSON line that come first, as far as the record has them.
LEADING: Final = ("event", "job_id", "worker_id", "status", "duration_ms")

#: What every record has; the rest came in with ``extra``.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, msg, then what the record carries."""

    def __init__(self, *, ensure_ascii: bool = False) -> None:
        super().__init__()
        self._ensure_ascii = ensure_ascii

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        always = {
            "ts": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "msg": record.getMessage(),
        }
        line = always | carried(record) | always
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=self._ensure_ascii)


class TextFormatter(logging.Formatter):
    """Time, level and message, then what the record carries as ``key=value``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        fields = [f"{key}={value}" for key, value in carried(record).items()]
        return " ".join([super().formatMessage(record), *fields])


def carried(record: logging.LogRecord) -> dict[str, Any]:
    """Return what ``extra`` brought into the record, the well-known keys first."""
    fields: dict[str, Any] = vars(record)
    extra = [key for key in fields if key not in _STANDARD and key not in LEADING]
    keys = [*LEADING, *extra]
    return {key: fields[key] for key in keys if fields.get(key) is not None}


def configure_logging(level: int | str = "INFO", *, fmt: str = "text") -> None:
    """Send the ``pyjobkit`` loggers to stderr as ``text`` or ``json``, and nowhere else."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if fmt == "json" else TextFormatter())
    root = logging.getLogger("pyjobkit")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
