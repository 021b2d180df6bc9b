"""Connections through a proxy that swallows what it is sent."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, InterfaceError, connection, transaction

from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.backends.orm.lanes import CallerLane, ThreadLane
from pyjobkit_django.models import Job
from tests.faults.proxy import Proxy
from tests.marks import committed, on_mariadb, on_postgresql
from tests.stored_jobs import queued

pytestmark = [committed, pytest.mark.usefixtures("callers_thread")]


class ThroughProxy(Deadlines):
    """Deadlines of connections that pass a proxy; what has to be asked goes past it."""

    port = None

    def apply(self, wrapper):
        super().apply(wrapper)
        if self.port and wrapper.connection is None:
            wrapper.settings_dict = {**wrapper.settings_dict, "PORT": str(self.port)}
            self.port = None


@contextmanager
def proxied_lane(silence_s=0.3):
    deadlines = ThroughProxy("default", lease_ttl_s=3)
    deadlines.silence_s = silence_s
    with Proxy(int(connection.settings_dict["PORT"] or 3306)) as proxy:
        deadlines.port = proxy.port
        yield proxy, ThreadLane("test", deadlines)


@on_postgresql
async def test_a_half_open_connection_is_cut_and_the_next_verb_gets_a_new_one(caplog):
    with proxied_lane() as (proxy, lane):
        assert await lane.run(Job.objects.count) == 0
        proxy.swallow()
        began = time.monotonic()
        with pytest.raises((DatabaseError, InterfaceError)):
            await lane.run(Job.objects.count)
        assert time.monotonic() - began < 5
        proxy.pass_on()
        assert await lane.run(Job.objects.count) == 0
        await lane.close()

    assert "backend.cut" in [getattr(each, "event", "") for each in caplog.records]


@on_mariadb
async def test_on_mariadb_the_driver_gives_up_a_half_open_connection(monkeypatch):
    monkeypatch.setattr("pyjobkit_django.backends.orm.deadlines.STATEMENT_S", 1)
    with proxied_lane() as (proxy, lane):
        assert await lane.run(Job.objects.count) == 0
        proxy.swallow()
        with pytest.raises((DatabaseError, InterfaceError)):
            await lane.run(Job.objects.count)
        proxy.pass_on()
        assert await lane.run(Job.objects.count) == 0
        await lane.close()


@on_postgresql
async def test_the_locks_of_a_half_open_transaction_are_let_go():
    (job_id,) = await CallerLane().run(queued)

    def lock_and_lose(proxy):
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job_id)
            proxy.swallow()
            Job.objects.filter(pk=job_id).update(priority=1)

    with proxied_lane() as (proxy, lane):
        with pytest.raises((DatabaseError, InterfaceError)):
            await lane.run(lock_and_lose, proxy)
        async with asyncio.timeout(5):
            await asyncio.to_thread(_lock, job_id)
        await lane.close()


@on_postgresql
async def test_a_lost_session_that_could_not_be_ended_then_is_ended_by_who_waits():
    """Nobody could ask the server when the connection was given up."""
    (job_id,) = await CallerLane().run(queued)

    def lock_and_lose(proxy):
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job_id)
            proxy.swallow()
            raise DatabaseError

    def cannot_ask(*_):
        raise DatabaseError

    with proxied_lane() as (proxy, lane), proxied_lane() as (_, other):
        lane._watch._ask = cannot_ask
        with pytest.raises((DatabaseError, InterfaceError)):
            await lane.run(lock_and_lose, proxy)
        async with asyncio.timeout(5):
            await other.run(_lock, job_id)
        await lane.close()
        await other.close()


def _lock(job_id):
    try:
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job_id)
    finally:
        connection.close()


@on_postgresql
async def test_a_statement_that_the_server_works_on_may_take_its_time():
    def slow():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 5 FROM pg_sleep(1.2)")
            return cursor.fetchone()[0]

    with proxied_lane(silence_s=0.2) as (_, lane):
        assert await lane.run(slow) == 5
        await lane.close()


@pytest.mark.parametrize(
    ("vendor", "names"),
    [
        ("postgresql", {"connect_timeout", "tcp_user_timeout", "keepalives_idle"}),
        ("mysql", {"connect_timeout", "read_timeout", "write_timeout"}),
        ("sqlite", set()),
    ],
)
def test_each_driver_is_told_what_it_understands(vendor, names):
    assert names <= set(Deadlines("default", 30).options(vendor))


def test_what_the_site_says_about_its_connections_counts():
    fresh = connection.copy()
    given = fresh.settings_dict["OPTIONS"]
    fresh.settings_dict["OPTIONS"] = {**given, "connect_timeout": 17}

    Deadlines("default", 30).apply(fresh)

    assert fresh.settings_dict["OPTIONS"]["connect_timeout"] == 17
