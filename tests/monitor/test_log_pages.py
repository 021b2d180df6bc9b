from __future__ import annotations

from itertools import chain
from uuid import uuid4

import pytest

from pyjobkit_django.models import JobLog
from pyjobkit_django.monitor import log_pages
from pyjobkit_django.monitor.log_pages import Spot, every_line, log_page, log_tail

pytestmark = pytest.mark.django_db


@pytest.fixture
def job_id():
    return uuid4()


def write(job_id, *rows, version=1):
    """Store rows of lines, each a row of its own."""
    first = JobLog.objects.count()
    JobLog.objects.bulk_create(
        JobLog(
            job_id=job_id,
            version=version,
            seq=first + number,
            lines=[[1_700_000_000 + number, "stdout", text] for text in row],
        )
        for number, row in enumerate(rows)
    )


def texts(lines):
    return [line.text for line in lines]


def pages(job_id):
    start = None
    while True:
        page = log_page(job_id, start)
        yield texts(page.lines)
        if page.following is None:
            return
        start = page.following


def test_a_log_comes_in_the_order_of_runs_rows_and_lines(job_id):
    write(job_id, ["c"], ["d"], version=2)
    write(job_id, ["a", "b"], version=1)
    write(uuid4(), ["of another job"])

    page = log_page(job_id)

    assert [(line.version, line.text) for line in page.lines] == [
        *((1, "a"), (1, "b"), (2, "c"), (2, "d"))
    ]
    assert (page.following, page.has_earlier) == (None, False)


def test_pages_hold_so_many_lines_and_lose_none(job_id, monkeypatch):
    monkeypatch.setattr(log_pages, "PAGE_LINES", 4)
    rows = [[f"{row}-{line}" for line in range(3)] for row in range(5)]
    write(job_id, *rows)

    found = list(pages(job_id))

    assert list(chain(*found)) == list(chain(*rows))
    assert [len(page) for page in found] == [4, 4, 4, 3]


def test_a_page_of_long_lines_ends_early(job_id, monkeypatch):
    monkeypatch.setattr(log_pages, "PAGE_CHARACTERS", 10)
    write(job_id, ["x" * 8, "x" * 8, "y"], ["z" * 100, "end"])

    assert [len(page) for page in pages(job_id)] == [2, 2, 1]


def test_the_tail_is_the_last_lines_in_order(job_id):
    write(job_id, *[[f"{row}-{line}" for line in range(3)] for row in range(30)])

    tail = log_tail(job_id, count=4)

    assert texts(tail.lines) == ["28-2", "29-0", "29-1", "29-2"]
    assert tail.has_earlier
    assert len(log_tail(job_id, count=90).lines) == 90
    assert not log_tail(job_id, count=90).has_earlier


def test_a_tail_of_long_lines_is_short(job_id, monkeypatch):
    monkeypatch.setattr(log_pages, "PAGE_CHARACTERS", 10)
    write(job_id, ["x" * 8], ["y" * 8], ["z" * 8])

    tail = log_tail(job_id, count=50)

    assert texts(tail.lines) == ["y" * 8, "z" * 8]
    assert tail.has_earlier


@pytest.mark.parametrize("count", [0, 3, 4, 5, 20, 21, 84, 85, 200])
def test_every_line_comes_once_from_however_many_rows(job_id, count):
    write(job_id, *[[str(number)] for number in range(count)])

    assert texts(every_line(job_id)) == [str(number) for number in range(count)]
    assert texts(log_page(job_id).lines) == [str(number) for number in range(count)]


def test_a_page_keeps_few_rows_in_memory(job_id, django_assert_max_num_queries):
    write(job_id, *[["x" * 100_000] for _ in range(40)])

    with django_assert_max_num_queries(2):
        page = log_page(job_id)

    assert len(page.lines) == 5


def test_a_spot_is_what_it_was_written_as():
    assert Spot.parse(str(Spot(3, 1_700_000_000_000_000, 7))) == Spot(
        3, 1_700_000_000_000_000, 7
    )
    for text in (
        "",
        "1",
        "1.2",
        "1.2.x",
        "1.2.-3",
        "1..3",
        "1.2.3.4",
        "\u0661.2.3",
        "9" * 99,
    ):
        assert Spot.parse(text) is None
