from __future__ import annotations

import sys

import pytest
from prometheus_client import REGISTRY

from pyjobkit_django.metrics import UNMEASURED, process_metrics, use_prometheus
from pyjobkit_django.metrics.prometheus import PrometheusMetrics
from tests.metrics.samples import Scrape
from tests.worker.fakes import Does, engine_for, worker_for


@pytest.fixture
def _without_prometheus(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)


async def test_a_worker_reports_to_nobody_until_somebody_wants_to_look():
    assert process_metrics() is UNMEASURED


async def test_a_worker_is_measured_in_the_process_s_registry_once_that_is_wanted():
    assert use_prometheus()
    assert use_prometheus()
    engine = engine_for(Does(kind="mail"))
    await engine.enqueue(kind="mail")

    await worker_for(engine).run(once=True)

    assert isinstance(process_metrics(), PrometheusMetrics)
    scrape = Scrape.of(REGISTRY)
    assert scrape.value("jobs_total", kind="mail", outcome="success") == 1


@pytest.mark.usefixtures("_without_prometheus")
async def test_without_prometheus_client_nothing_is_measured_and_jobs_run():
    assert not use_prometheus()
    engine = engine_for(Does(kind="mail"))
    job_id = await engine.enqueue(kind="mail")

    await worker_for(engine).run(once=True)

    assert process_metrics() is UNMEASURED
    assert (await engine.get(job_id))["status"] == "success"
