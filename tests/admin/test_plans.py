"""With a million jobs no page reads, or sorts, more of them than it says."""

from __future__ import annotations

import pytest
from django.db import connection

from pyjobkit_django.models import Job
from pyjobkit_django.monitor.retention import LOOK
from pyjobkit_django.monitor.windows import WINDOW
from tests.admin import addresses
from tests.marks import on_postgresql
from tests.plans import looks, plan_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.timeout(180),  # storing a million jobs is part of the first test
    on_postgresql,
]

#: Ids grow by a millisecond each. The oldest jobs wait for next year, the newest are under
#: way; of those between one in a hundred failed, one in ten thousand is of a rare kind.
FILL = """
    INSERT INTO pyjobkit_django_job (
        id, kind, queue, payload, priority, status, attempts, max_attempts, lost_runs,
        scheduled_for, created_at, started_at, finished_at, lease_until, leased_by,
        version, cancel_requested, tags, shadow, idempotency_key
    )
    SELECT
        (lpad(to_hex(1700000000000 + n), 12, '0') || '7000' || '8'
            || lpad(to_hex(n), 15, '0'))::uuid,
        CASE WHEN n % 10000 = 7 THEN 'rare' ELSE 'common' END,
        CASE WHEN n % 3 = 0 THEN 'reports' ELSE 'default' END,
        '{}', 100, status, 1, 3, 0, made, made, made,
        CASE WHEN status IN ('success', 'failed') THEN made END,
        CASE WHEN status = 'running' THEN now() END,
        CASE WHEN status = 'running' THEN '00000000-0000-0000-0000-000000000001'::uuid END,
        1, false,
        CASE WHEN n % 10000 = 9 THEN '{"nightly": 1}'::jsonb ELSE '{}'::jsonb END,
        false, CASE WHEN n % 1000 = 0 THEN 'key-' || n END
    FROM (
        SELECT n, to_timestamp(1700000000 + n / 1000.0) AS made, CASE
            WHEN n <= 3000 THEN 'scheduled'
            WHEN n > 999000 THEN 'running'
            WHEN n > 995000 THEN 'queued'
            WHEN n % 100 = 0 THEN 'failed'
            ELSE 'success' END AS status
        FROM generate_series(1, 1000000) AS n
    ) AS job
"""


@pytest.fixture(scope="module", autouse=True)
def _a_million_jobs(django_db_setup, django_db_blocker):
    """Store them once for all tests, which change nothing."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE pyjobkit_django_job")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE pyjobkit_django_job")


def job_id(number: int) -> str:
    milliseconds = f"{1_700_000_000_000 + number:012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8{number:015x}"[:23] + (
        f"-{number:012x}"
    )


LISTS = {
    "made lately": {"made": "7d"},
    "all": {},
    "further down": {"before": job_id(500_000)},
    "back up": {"after": job_id(500_000)},
    **{
        f"status {each}": {"status": each}
        for each in (
            "scheduled",
            "queued",
            "running",
            "success",
            "failed",
            "timeout",
            "cancelled",
        )
    },
    "a common kind": {"kind": "common"},
    "a rare kind": {"kind": "rare"},
    "no kind": {"kind": "none"},
    "a queue": {"queue": "reports"},
    "a tag": {"tag": "nightly"},
    "a worker": {"worker": "00000000-0000-0000-0000-000000000001"},
    "no worker": {"worker": "00000000-0000-0000-0000-000000000002"},
    "failed of a kind": {"status": "failed", "kind": "rare"},
    "queued of a kind": {"status": "queued", "kind": "rare", "queue": "reports"},
    "search further": {"kind": "rare", "below": job_id(600_000)},
    "found by id": {"q": job_id(123_456)},
    "found by key": {"q": "key-777000"},
    "found by kind": {"q": "rare"},
    "not found": {"q": "nothing"},
}


@pytest.mark.parametrize("asked", LISTS)
def test_a_list_reads_no_more_than_its_window(root, asked):
    read = [
        plan_of(look) for look in _looks_for_jobs(root, addresses.jobs(**LISTS[asked]))
    ]

    assert read
    for plan in read:
        _check(plan)


@pytest.mark.parametrize(
    "asked",
    ["all", "a rare kind", "a queue", "a tag", "made lately", "failed of a kind"],
)
def test_what_a_list_asks_for_while_one_looks_reads_no_more(root, asked):
    address = addresses.live_jobs(**LISTS[asked], counts=1, kept=job_id(5))

    read = [plan_of(look) for look in _looks_for_jobs(root, address)]

    assert len(read) > 6
    for plan in read:
        _check(plan)


@pytest.mark.parametrize("view", ["change", "live"])
@pytest.mark.parametrize("number", [1, 400_000, 999_999])
def test_a_job_s_page_reads_little(root, number, view):
    read = [
        plan_of(look)
        for look in _looks_for_jobs(root, addresses.job(job_id(number), view))
    ]

    for plan in read:
        _check(plan)


def test_the_dashboard_counts_in_the_order_of_the_indexes(root):
    looks_for_jobs = _looks_for_jobs(root, addresses.dashboard_data())

    assert looks_for_jobs
    for look in looks_for_jobs:
        plan = plan_of(look)
        _check(plan)
        assert "Sort" not in {node["Node Type"] for node in plan}


def test_a_search_finds_what_is_older_than_any_window(root):
    found = root.get(addresses.jobs(q="key-1000")).context["cl"].result_list

    assert [str(job.pk) for job in found] == [job_id(1_000)]


def test_scheduled_jobs_are_all_listed_however_old_they_are(root):
    changelist = root.get(addresses.jobs(status="scheduled")).context["cl"]

    assert str(changelist.result_list[0].pk) == job_id(3_000)
    assert changelist.further_url is None


def test_what_a_window_does_not_hold_is_found_by_searching_further(root):
    page, seen = addresses.jobs(kind="rare"), []
    for _ in range(3):
        changelist = root.get(page).context["cl"]
        seen += [job.pk for job in changelist.result_list]
        page = addresses.jobs() + changelist.further_url

    expected = (
        Job.objects.filter(kind="rare").order_by("-pk").values_list("pk", flat=True)
    )
    assert seen == list(expected[: 3 * WINDOW // 10_000])


def _looks_for_jobs(client, address):
    found = looks(lambda: client.get(address))
    return [each for each in found if 'FROM "pyjobkit_django_job"' in each[0]]


def _check(plan):
    for node in plan:
        assert node["Node Type"] != "Seq Scan", node
        read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        assert read * node["Actual Loops"] <= WINDOW + 1, node


def test_pruning_looks_at_the_oldest_jobs_only(root):
    for look in _looks_for_jobs(root, addresses.prune()):
        for node in plan_of(look):
            assert node["Node Type"] != "Seq Scan", node
            read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            assert read <= LOOK + 1, node
