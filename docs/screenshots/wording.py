"""The words of the scene."""

from __future__ import annotations

from typing import Any, Final

#: Each kind with how often it occurs.
KINDS: Final = {
    "http": 46,
    "reports.sales": 24,
    "reports.pack": 12,
    "subprocess": 12,
    "ssh": 6,
}
PROGRESS: Final = {
    "reports.sales": "6,200 of 10,000 rows added up",
    "reports.pack": "packing",
    "subprocess": "42 of 97 files split",
}
FAILURES: Final[dict[str, dict[str, Any]]] = {
    "failed": {
        "error": "HTTPStatusError('503 Service Unavailable')",
        "exception_type": "HTTPStatusError",
        "message": "https://hooks.deskware.example/orders answered 503",
        "reason": None,
    },
    "ssh": {
        "error": "ConnectionLost('connection lost')",
        "exception_type": "ConnectionLost",
        "message": "app-3.deskware.example closed the connection",
    },
    "reports.sales": {
        "error": "ExportNotReadyError('2026-06')",
        "exception_type": "ExportNotReadyError",
        "message": "the orders of 2026-06 have not been exported yet",
    },
    "reports.pack": {
        "error": "OSError(28, 'No space left on device')",
        "exception_type": "OSError",
        "message": "[Errno 28] No space left on device",
    },
    "subprocess": {
        "error": "exit code 2",
        "reason": "exit code 2",
        "message": "split_by_country.sh: line 14: no column “country”",
    },
    "timeout": {"error": "timeout", "reason": "timeout", "message": "ran for 30 s"},
}
TRACEBACK: Final = """\
Traceback (most recent call last):
  File "pyjobkit_django/executors/http/executor.py", line 118, in run
    answer = await self._exchange(request, ctx)
  File "pyjobkit_django/executors/http/verdict.py", line 41, in raise_for_status
    raise HTTPStatusError(f"{url} answered {status}")
HTTPStatusError: https://hooks.deskware.example/orders answered 503
"""
LOG: Final = {
    "reports.sales": [
        ("stdout", "report 'june', attempt 1"),
        ("stdout", "export of 2026-06 found: orders.csv, 1.2 MB"),
        *(
            ("stdout", f"{rows:,} of 10,000 rows added up")
            for rows in range(500, 6_500, 500)
        ),
        ("stderr", "row 2,417 skipped: no price"),
        ("stdout", "6,200 of 10,000 rows added up"),
    ],
    "http": [
        ("stdout", "POST https://hooks.deskware.example/orders (3.1 kB)"),
        ("stderr", "503 Service Unavailable in 312 ms"),
        ("stdout", "try again in 1 s"),
    ],
}


EVIL: Final = "<b onclick=alert(1)>\x1b[31mred\u202eesrever</b>" + "wide" * 40


def hostile_fields() -> dict[str, Any]:
    """Return the fields of a job that failed, and that somebody wrote with ill will."""
    return {
        "status": "failed",
        "payload": {EVIL: [EVIL, {"deep": [[[EVIL]]]}]},
        "tags": ("<i>tag</i>", "t" * 60),
        "idempotency_key": EVIL,
        "failure": {"error": EVIL, "exception_type": "<script>", "message": EVIL},
        "attempts": 3,
        "version": 2,
    }


def payload_of(kind: str, place: int) -> dict[str, Any]:
    """Return what a job of this kind could be asked to do."""
    order = 10_482 + place
    payloads: dict[str, dict[str, Any]] = {
        "http": {
            "url": "https://hooks.deskware.example/orders",
            "method": "POST",
            "headers": {"Authorization": "Bearer 3f1c9a"},
            "json": {"order": order, "total": "149.00"},
        },
        "reports.sales": {
            "name": f"sales-{order}",
            "month": "2026-06",
            "country": "FR",
        },
        "reports.pack": {"keep": 3},
        "subprocess": {"command": ["split_by_country.sh", f"orders-{order}.csv"]},
        "ssh": {"host": "127.0.0.1", "credential": "deploy", "command": "uptime"},
    }
    return payloads[kind]
