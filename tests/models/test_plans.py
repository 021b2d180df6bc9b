"""Databases find what a verb looks for through our indexes, however full the table is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models import DatabaseNow, Job
from pyjobkit_django.models.postgresql import PLANNING, claim_statement
from tests.marks import committed, on_mariadb, on_postgresql, on_sqlite
from tests.plans import explained, looks, plan_of
from tests.stored_jobs import elsewhere, undone

pytestmark = committed

LANES = {
    "one lane": {"queues": frozenset({"q0"}), "kinds": frozenset({"k0"})},
    "many lanes": {
        "queues": frozenset({"q0", "q1"}),
        "kinds": frozenset({"k0", "k1", "k2"}),
    },
}


@pytest.fixture
def _many_jobs():
    """Store 3,000 jobs in 6 lanes; half of them have ended, and a few run or wait."""
    specs = [
        JobSpec(kind=f"k{number % 3}", queue=f"q{number % 2}", priority=number % 7)
        for number in range(3_000)
    ]
    ids = Job.objects.enqueue(specs)
    for batch in (ids[:500], ids[500:1000], ids[1000:1500]):
        Job.objects.filter(pk__in=batch).update(
            status="success", finished_at=DatabaseNow()
        )
    soon = DatabaseNow() + timedelta(seconds=60)
    Job.objects.filter(pk__in=ids[-20:-10]).update(status="running", lease_until=soon)
    Job.objects.filter(pk__in=ids[-10:]).update(status="scheduled", scheduled_for=soon)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE TABLE pyjobkit_django_job"
            if connection.vendor == "mysql"
            else "ANALYZE"
        )


def request_of(lanes, limit=1, **options):
    return ClaimRequest(worker_id=uuid4(), limit=limit, ttl_s=60.0, **lanes, **options)


def claim_of(lanes, **options):
    return lambda: Job.objects.claim(request_of(lanes, **options))


def plan_as_a_worker():
    with connection.cursor() as cursor:
        for name, value in PLANNING.items():
            cursor.execute(f"SET LOCAL {name} = {value}")


@on_postgresql
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("limit", [1, 100])
def test_a_claim_on_postgresql_reads_no_more_than_it_takes(lanes, limit):
    """Each lane is read through the index, its first row and those that are taken."""
    statement = claim_statement(
        "pyjobkit_django_job", request_of(LANES[lanes], limit=limit)
    )
    count = len(LANES[lanes]["queues"]) * len(LANES[lanes]["kinds"])

    with undone():
        plan_as_a_worker()
        plan = plan_of(statement)

    reads = [node for node in plan if node["Node Type"].startswith("Index")]
    assert {node["Index Name"] for node in reads} == {"pyjobkit_job_claim"}
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in reads)
    assert limit <= read <= limit + count
    (lock,) = [node for node in plan if node["Node Type"] == "LockRows"]
    assert lock["Actual Rows"] == limit
    assert "Seq Scan" not in {node["Node Type"] for node in plan}


@on_postgresql
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize("lanes", LANES)
def test_a_claim_on_postgresql_sorts_suspects_alone(lanes):
    statement = claim_statement("pyjobkit_django_job", request_of(LANES[lanes]))

    with undone():
        plan_as_a_worker()
        plan = plan_of(statement)

    sorts = [node for node in plan if node["Node Type"].endswith("Sort")]
    (below,) = [nodes_below for node in sorts for nodes_below in node["Plans"]]
    assert below["Index Cond"].count("lost_runs > 0")


@on_postgresql
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize("lanes", LANES)
def test_a_claim_reads_its_lanes_once_though_others_took_every_row(lanes):
    """They move after its snapshot: each row is followed to its new version, and let go."""
    request = request_of(LANES[lanes], limit=100)
    text, values = claim_statement("pyjobkit_django_job", request)
    looking = text[text.index("MATERIALIZED (") + 14 : text.index(")\nUPDATE")]

    with undone(), connection.cursor() as cursor:
        plan_as_a_worker()
        cursor.execute(f"DECLARE looking CURSOR FOR {looking}", values[:-2])
        assert len(elsewhere(claim_of(LANES[lanes], limit=2_000))) > 200
        cursor.execute("FETCH ALL FROM looking")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT pg_stat_get_xact_numscans('pyjobkit_job_claim'::regclass)"
        )
        ((scans,),) = cursor.fetchall()

    assert scans <= len(LANES[lanes]["queues"]) * len(LANES[lanes]["kinds"]) + 1


@on_postgresql
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize(
    ("verb", "index"),
    [
        (Job.objects.reap, "pyjobkit_job_leased"),
        (Job.objects.promote, "pyjobkit_job_scheduled"),
    ],
    ids=["reap", "promote"],
)
def test_what_time_overtakes_is_found_through_its_index_on_postgresql(verb, index):
    look, *_ = looks(verb)

    used = {node.get("Index Name") for node in plan_of(look)} - {None}

    assert used == {index}


@on_sqlite
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize("lanes", LANES)
def test_a_claim_on_sqlite_reads_the_head_of_each_lane(lanes):
    look, *_ = looks(claim_of(LANES[lanes]))

    steps = [row[-1] for row in explained(look, how="EXPLAIN QUERY PLAN")]

    reads = [step for step in steps if "pyjobkit_django_job" in step]
    index = "USING INDEX pyjobkit_job_claim (lost_runs"
    assert [step for step in reads if index not in step] == []
    # The suspects are one lane more.
    assert len(reads) == 1 + len(LANES[lanes]["queues"]) * len(LANES[lanes]["kinds"])


@on_sqlite
@pytest.mark.usefixtures("_many_jobs")
def test_a_claim_of_one_lane_on_sqlite_sorts_nothing():
    look, *_ = looks(claim_of(LANES["one lane"], with_suspect=False))

    steps = [row[-1] for row in explained(look, how="EXPLAIN QUERY PLAN")]

    assert not [step for step in steps if "TEMP B-TREE" in step]


@on_sqlite
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize(
    ("verb", "index"),
    [
        (Job.objects.reap, "pyjobkit_job_leased"),
        (Job.objects.promote, "pyjobkit_job_scheduled"),
    ],
    ids=["reap", "promote"],
)
def test_what_time_overtakes_is_found_through_its_index_on_sqlite(verb, index):
    look, *_ = looks(verb)

    (step, *_) = [row[-1] for row in explained(look, how="EXPLAIN QUERY PLAN")]

    assert index in step


@on_mariadb
@pytest.mark.usefixtures("_many_jobs")
@pytest.mark.parametrize("lanes", LANES)
def test_a_claim_on_mariadb_reads_each_lane_through_its_index(lanes):
    look, *_ = looks(claim_of(LANES[lanes]))

    rows = explained(look, how="EXPLAIN")

    reads = [row for row in rows if row[2] == "pyjobkit_django_job"]
    assert {row[5] for row in reads} == {"pyjobkit_job_claim"}
    # Only the suspects are sorted, all lanes' together.
    sorting = [row for row in reads if "filesort" in (row[9] or "")]
    assert [row[3] for row in sorting] == ["range"]
    assert len(reads) == 1 + len(LANES[lanes]["queues"]) * len(LANES[lanes]["kinds"])
