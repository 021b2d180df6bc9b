"""What the parts of the dashboard say, ready to be written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from pyjobkit_django.admin.columns import marked, moment
from pyjobkit_django.admin.dashboard_words import outcome_label
from pyjobkit_django.admin.formats import PRESENCE_LABELS, number, span, status_label
from pyjobkit_django.monitor.backlog import Backlog, Capped
from pyjobkit_django.monitor.failures import Failures
from pyjobkit_django.monitor.figures import OUTCOMES, Bin, Overview
from pyjobkit_django.monitor.redaction import site_redactor
from pyjobkit_django.monitor.text import excerpt, visible
from pyjobkit_django.monitor.workers import Presence, presence

#: How many kinds and errors are listed.
MAX_KINDS: Final = 12
MAX_FAILURES: Final = 10
#: How much of an error is told, in characters.
MAX_MESSAGE: Final = 160
#: From which share on failures are marked.
BAD_RATE: Final = 0.01
#: How many minutes the rate of now is taken over.
LATELY: Final = 5
#: What stands where there is no number.
NOTHING: Final = "\N{EN DASH}"
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with what it is of; ``mark`` tells the style of what is bad."""

    label: str
    value: str
    note: str = ""
    mark: str = ""


def tiles(
    found: Overview, waiting: Backlog, workers: Sequence[Any] | None
) -> list[Tile]:
    """Return the numbers at the top."""
    oldest = waiting.oldest
    rate = found.whole.failure_rate
    shown = [
        Tile(
            _("Waiting"),
            capped(waiting.waiting),
            _("oldest: %(span)s") % {"span": span(oldest)} if oldest else "",
        ),
        Tile(
            _("Running"),
            capped(waiting.running),
            _("%(count)s scheduled") % {"count": capped(waiting.scheduled)},
        ),
        Tile(
            _("Runs per minute"), number_format(_lately(found), 1), _lately_note(found)
        ),
        Tile(
            _("Failed"),
            percent(rate),
            _("%(count)s jobs") % {"count": number(found.whole.failed)},
            "bad" if (rate or 0) >= BAD_RATE else "",
        ),
    ]
    return shown if workers is None else [*shown, _slots(workers)]


def number_tables(found: Overview) -> dict[str, Any]:
    """Return what the charts show as rows of numbers; minutes without a run are left out."""
    bins = [each for each in reversed(found.bins) if each.figures.total]
    return {
        "outcomes": [outcome_label(outcome) for outcome in OUTCOMES],
        "rows": [
            {
                "at": _starts(each, found),
                "counts": [
                    number(each.figures.outcomes.get(word, 0)) for word in OUTCOMES
                ],
                "waited": [seconds(each.figures.waited_s(p)) for p in (0.5, 0.95)],
                "ran": [seconds(each.figures.ran_s(p)) for p in (0.5, 0.95)],
            }
            for each in bins
        ],
    }


def queue_lines(waiting: Backlog) -> list[dict[str, Any]]:
    """Return a line for each queue."""
    return [
        {
            "queue": each.queue,
            "shown": visible(each.queue),
            "depth": capped(each.depth),
            "is_capped": each.depth.is_capped,
            "oldest": span(each.oldest),
        }
        for each in waiting.queues
    ]


def kind_lines(found: Overview) -> dict[str, Any]:
    """Return the busiest kinds, and how many more there are."""
    most = max((figures.total for _kind, figures in found.kinds), default=0)
    return {
        "lines": [
            {
                "kind": kind,
                "shown": visible(kind),
                "runs": number(figures.total),
                "share": round(100 * figures.total / most),
                "failed": number(figures.failed),
                "rate": percent(figures.failure_rate),
                "is_bad": (figures.failure_rate or 0) >= BAD_RATE,
                "waited": seconds(figures.waited_s(0.95)),
                "ran": seconds(figures.ran_s(0.95)),
            }
            for kind, figures in found.kinds[:MAX_KINDS]
        ],
        "more": max(0, len(found.kinds) - MAX_KINDS),
    }


def worker_lines(workers: Sequence[Any]) -> list[dict[str, Any]]:
    """Return a line for each worker that is alive or was not said to have stopped."""
    return [
        {
            "id": worker.pk,
            "process": visible(f"{worker.host}:{worker.pid}"),
            "badge": marked(found.value, str(PRESENCE_LABELS[found])),
            "busy": worker.busy,
            "slots": worker.max_concurrency,
            "done": number(worker.done),
        }
        for worker in workers
        for found in [presence(worker)]
    ]


def failure_lines(found: Sequence[Failures], now: datetime) -> list[dict[str, Any]]:
    """Return the most frequent errors of late, masked."""
    redactor = site_redactor()
    return [
        {
            "kind": visible(each.kind),
            "count": number(each.count),
            "badge": marked(each.status.value, status_label(each.status)),
            "name": visible(each.name[:MAX_MESSAGE]),
            "message": excerpt(redactor.text(each.message), limit=MAX_MESSAGE).text,
            "newest": each.newest,
            "at": each.finished_at and moment(each.finished_at, _ago(each, now)),
            "asked": {"kind": each.kind, "status": each.status.value},
        }
        for each in found[:MAX_FAILURES]
    ]


def capped(count: Capped) -> str:
    """Return a count, with a plus where there are more."""
    return f"{number(count.shown)}+" if count.is_capped else number(count.shown)


def percent(share: float | None) -> str:
    """Return a share in percent; a dash for that of nothing."""
    return (
        NOTHING
        if share is None
        else _("%(share)s %%") % {"share": number_format(100 * share, 1)}
    )


def seconds(duration: float | None) -> str:
    """Return seconds as a span; a dash for none."""
    return NOTHING if duration is None else span(timedelta(seconds=duration))


def _slots(workers: Sequence[Any]) -> Tile:
    there = [each for each in workers if presence(each) is not Presence.SILENT]
    busy = sum(each.busy for each in there)
    slots = sum(each.max_concurrency for each in there)
    note = _("workers: %(count)s") % {"count": number(len(there))}
    return Tile(
        _("Slots busy"),
        f"{number(busy)} / {number(slots)}",
        note,
        "" if there else "bad",
    )


def _lately(found: Overview) -> float:
    bins = _latest(found)
    minutes = sum(each.minutes for each in bins)
    return sum(each.figures.total for each in bins) / max(minutes, 1)


def _lately_note(found: Overview) -> str:
    minutes = sum(each.minutes for each in _latest(found))
    return _("in the last %(span)s") % {"span": span(timedelta(minutes=minutes))}


def _latest(found: Overview) -> Sequence[Bin]:
    count = LATELY if found.range.name == "1h" else 2
    return found.bins[-count:]


def _ago(each: Failures, now: datetime) -> str:
    since = now - each.finished_at if each.finished_at else None
    return _("%(span)s ago") % {"span": span(since)}


def _starts(each: Bin, found: Overview) -> str:
    local = timezone.localtime(each.starts_at)
    is_long = found.range.bin_s * found.range.bins > _DAY_S
    return date_format(local, "DATETIME_FORMAT" if is_long else "TIME_FORMAT")
