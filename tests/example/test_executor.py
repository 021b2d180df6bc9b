from __future__ import annotations

import asyncio

import pytest
from reports.executors import PackReport, SalesReport, SealReport

from pyjobkit_django import Engine, MemoryBackend
from pyjobkit_django.worker import Worker


@pytest.fixture
def engine():
    return Engine(
        backend=MemoryBackend(),
        executors=[SalesReport(), PackReport(), SealReport()],
    )


@pytest.fixture(autouse=True)
def reports_dir(settings, tmp_path):
    settings.REPORTS_DIR = tmp_path / "reports"
    return settings.REPORTS_DIR


async def work(engine, payload, kind="reports.sales", **options):
    """Have a worker run one job; return its record and the lines of its log."""
    job_id = await engine.enqueue(kind=kind, payload=payload, **options)
    await Worker(engine).run(once=True)
    lines = [record.message for record in await engine.log_sink.get(job_id)]
    return await engine.get(job_id), lines


async def test_a_report_is_written_and_its_figures_returned(engine, reports_dir):
    job, lines = await work(engine, {"name": "all"})
    result = job["result"]
    text = (reports_dir / "all.md").read_text(encoding="utf-8")

    assert (job["status"], job["progress"]) == ("success", 1.0)
    assert job["progress_meta"] == {"text": "6,000 of 6,000 rows"}
    assert (result["rows"], result["skipped"], result["orders"]) == (6_000, 10, 5_990)
    assert result["path"] == str(reports_dir / "all.md")
    assert f"**{result['revenue']}**" in text
    assert lines[0] == "report 'all', attempt 1"
    assert "3,000 of 6,000 rows" in lines
    assert sum(line.startswith("skipped order") for line in lines) == 10
    assert lines[-1] == f"5,990 orders, {result['revenue']}; 10 rows skipped"


async def test_a_report_may_be_of_one_month_or_country(engine):
    month, _ = await work(engine, {"name": "june", "month": "2026-06"})
    country, _ = await work(engine, {"name": "de", "country": "DE"})

    assert 0 < month["result"]["orders"] < country["result"]["orders"] < 5_990


async def test_it_fails_as_often_as_it_was_asked_to(engine):
    job, lines = await work(
        engine, {"name": "late", "fail_times": 2}, retry_policy="fixed:0"
    )

    assert (job["status"], job["attempts"]) == ("success", 3)
    assert lines.count("warehouse export is not there yet") == 2


async def test_it_ends_as_failed_where_the_data_never_comes(engine, reports_dir):
    job, _ = await work(engine, {"name": "late", "fail_times": 9}, max_attempts=1)

    assert job["status"] == "failed"
    assert job["result"]["message"] == "warehouse export is not there yet"
    assert not reports_dir.exists()


async def test_a_bad_payload_is_discarded_at_the_first_attempt(engine):
    job, _ = await work(engine, {"name": "all", "month": "June"})

    assert (job["status"], job["attempts"]) == ("failed", 1)
    assert job["result"]["reason"] == (
        "month: must be a month such as 2026-03, not 'June'"
    )


async def test_a_running_report_can_be_cancelled(engine, reports_dir):
    async def on_progress(_):
        began.set()

    began = asyncio.Event()
    job_id = await engine.enqueue(
        kind="reports.sales", payload={"name": "slow", "pace_s": 30}
    )
    engine.event_bus.subscribe(f"job.{job_id}.progress", on_progress)
    async with asyncio.TaskGroup() as group:
        group.create_task(Worker(engine, lease_ttl=1.0).run(once=True))
        await began.wait()
        await engine.cancel(job_id)

    assert (await engine.get(job_id))["status"] == "cancelled"
    assert not reports_dir.exists()


async def test_it_stops_by_itself_once_it_learns_that_it_is_cancelled(
    engine, reports_dir
):
    job_id = await engine.enqueue(kind="reports.sales", payload={"name": "gone"})
    await engine.cancel(job_id)

    with pytest.raises(asyncio.CancelledError):
        await SalesReport().run(
            job_id=job_id, payload={"name": "gone"}, ctx=engine.make_ctx(job_id)
        )

    lines = [record.message for record in await engine.log_sink.get(job_id)]
    assert lines[-1] == "cancelled; no report is written"
    assert not reports_dir.exists()


async def test_a_chain_makes_a_report_packs_and_seals_it(engine, reports_dir):
    await engine.chain(
        {"kind": "reports.sales", "payload": {"name": "all"}},
        {"kind": "reports.pack"},
        {"kind": "reports.seal"},
    )
    await Worker(engine).run(once=True)

    assert {path.name for path in reports_dir.iterdir()} == {
        "all.md",
        "all.md.gz",
        "all.md.gz.sha256",
    }


@pytest.mark.parametrize("kind", ["reports.pack", "reports.seal"])
@pytest.mark.parametrize("payload", [{}, {"previous_result": None}])
async def test_a_step_without_a_file_before_it_is_discarded(engine, kind, payload):
    job, _ = await work(engine, payload, kind=kind)

    assert (job["status"], job["attempts"]) == ("failed", 1)
    assert job["result"]["reason"].startswith("previous_result.path: is missing")
