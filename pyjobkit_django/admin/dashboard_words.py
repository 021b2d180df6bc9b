"""The words of the dashboard, those of its script among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pyjobkit_django.admin.formats import status_label
from pyjobkit_django.jobs import Verb
from pyjobkit_django.monitor.figures import OTHER

RANGE_LABELS: Final[Mapping[str, Promise]] = {
    "1h": gettext_lazy("1 hour"),
    "24h": gettext_lazy("24 hours"),
    "7d": gettext_lazy("7 days"),
}


def outcome_label(outcome: str) -> str:
    """Return an outcome in the reader's language."""
    if outcome == OTHER:
        return _("put off or released")
    if outcome == Verb.RETRY:
        return _("to be retried")
    return status_label(outcome)


def words() -> dict[str, Any]:
    """Return what the script says, and in which zone it tells the time."""
    return {
        "zone": timezone.get_current_timezone_name(),
        "time": _("Time"),
        "perMinute": _("Runs per minute"),
        "units": {
            "ms": _("ms"),
            "s": _("s"),
            "min": _("min"),
            "h": _("h"),
            "d": _("d"),
        },
        "trouble": _("The numbers could not be fetched; trying again."),
        "signedOut": _("You are signed out or may no longer see this page."),
        "back": _("The numbers are up to date again."),
        "loading": _("Fetching the numbers…"),
    }
