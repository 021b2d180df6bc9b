from __future__ import annotations

from dataclasses import asdict

import pytest
from reports.options import ReportOptions


def test_options_survive_the_way_through_a_payload():
    options = ReportOptions(name="march", month="2026-03", fail_times=2, pace_s=0.5)

    assert ReportOptions.from_payload(asdict(options)) == options


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "name: is missing"),
        ({"name": "../../etc/passwd"}, "name: must be lower-case letters"),
        ({"name": "a", "month": "2026-13"}, "month: must be a month such as 2026-03"),
        ({"name": "a", "month": 3}, "month: must be a month such as 2026-03, not 3"),
        ({"name": "a", "country": "de"}, "country: must be two capital letters"),
        ({"name": "a", "fail_times": True}, "fail_times: must be a whole number"),
        ({"name": "a", "fail_times": -1}, "fail_times: must be a whole number"),
        ({"name": "a", "pace_s": "1"}, "pace_s: must be a number of seconds"),
        ({"name": "a", "pace_s": -0.1}, "pace_s: must be a number of seconds"),
        ({"name": "a", "mnth": "2026-03"}, "mnth: is not an option; there are name"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(payload, message):
    with pytest.raises(ValueError, match=message):
        ReportOptions.from_payload(payload)
