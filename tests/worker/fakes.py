"""Backends, executors and sinks that fail, hang and answer as a test asks them to."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from pyjobkit_django import Engine, Executor
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import LogSink, Slot
from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.worker import Worker

VERBS = [
    "claim",
    "settle",
    "extend_leases",
    "cancel_requests",
    "promote",
    "reap",
    "heartbeat",
    "listen",
    "check_connection",
    "next_due_s",
    "record_progress",
    "queue_depth",
]


class OutOfReachError(Exception):
    """What a driver raises when the database is gone."""


class FakeBackend(MemoryBackend):
    """A MemoryBackend whose verbs can be broken, held and counted.

    ``broken`` names the verbs that raise, ``held`` those that wait for their event; a
    settle of one of the ``bad`` jobs raises with all that is settled beside it.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.broken = set()
        self.held = {}
        self.bad = set()
        self.calls = Counter()
        self.requests = []
        self.settled = []
        self.slot_class = Slot
        self.slots_entered = 0

    def go_down(self):
        self.broken = set(VERBS)

    def come_back(self):
        self.broken = set()

    def hold(self, verb):
        self.held[verb] = asyncio.Event()

    def let_go(self, verb):
        self.held.pop(verb).set()

    async def settle(self, outcomes):
        if self.bad & {outcome.job_id for outcome in outcomes}:
            self.calls["bad settle"] += 1
            raise ValueError("this outcome cannot be written")
        accepted = await self._through("settle", outcomes)
        self.settled += [outcome for outcome in outcomes if outcome.job_id in accepted]
        return accepted

    async def claim(self, request):
        self.requests.append(request)
        return await self._through("claim", request)

    @asynccontextmanager
    async def slot(self):
        self.slots_entered += 1
        yield self.slot_class()

    async def _through(self, verb, *arguments):
        self.calls[verb] += 1
        if verb in self.broken:
            raise OutOfReachError(verb)
        if verb in self.held:
            await self.held[verb].wait()
        return await getattr(MemoryBackend, verb)(self, *arguments)


def _gated(verb):
    async def call(self, *arguments):
        return await self._through(verb, *arguments)

    return call


for _verb in set(VERBS) - {"claim", "settle"}:
    setattr(FakeBackend, _verb, _gated(_verb))


class Silent(FakeBackend):
    """Without hints, as most databases are."""

    async def listen(self, receive):
        self.calls["listen"] += 1


class Does(Executor):
    """Runs ``action(ctx, payload)``, or returns None."""

    def __init__(self, action=None, kind="job"):
        self.kind = kind
        self.action = action
        self.started = []
        self.ended = []

    async def run(self, *, job_id, payload, ctx):
        self.started.append(job_id)
        try:
            return await self.action(ctx, payload) if self.action else None
        finally:
            self.ended.append(job_id)


class FakeSink(LogSink):
    """Keeps lines in order; can be broken or held."""

    def __init__(self):
        self.lines = []
        self.writes = 0
        self.broken = False
        self.open = asyncio.Event()
        self.open.set()

    async def write(self, record):
        self.lines.append(record)

    async def write_many(self, records):
        self.writes += 1
        await self.open.wait()
        if self.broken:
            raise OutOfReachError("log")
        self.lines += records

    def texts(self):
        return [line.message for line in self.lines]


async def forever(ctx, payload):
    await asyncio.Event().wait()


def engine_for(*actions, backend=None, **options):
    """Return an engine whose kinds are ``job``, or those of the given executors."""
    executors = [
        action if isinstance(action, Executor) else Does(action) for action in actions
    ]
    return Engine(
        backend=FakeBackend() if backend is None else backend,
        executors=executors,
        **options,
    )


def worker_for(engine, **options):
    quick = {"poll_interval": 0.02, "stop_timeout": 5, "lease_ttl": 10}
    return Worker(engine, **(quick | options))


@asynccontextmanager
async def working(worker, **options):
    """Have a worker, or an engine's new one, work during the block."""
    if isinstance(worker, Engine):
        worker = worker_for(worker, **options)
    async with asyncio.timeout(20):
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop_now()
            await task


async def until(condition, *, within=10):
    """Wait until ``condition`` holds; it may be a coroutine function."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                return
            await asyncio.sleep(0.002)


async def until_ended(engine, job_id):
    """Return the job's record once it has ended."""
    return await engine.wait(job_id, timeout_s=10)


async def until_status(engine, job_id, status):
    async def reached():
        return (await engine.get(job_id))["status"] == status

    await until(reached)
    return await engine.get(job_id)


def events(caplog):
    """Return the events that were logged, in order."""
    return [record.event for record in caplog.records if hasattr(record, "event")]


def a_job(**fields):
    """Return a claimed job."""
    given = {
        "id": uuid4(),
        "kind": "job",
        "payload": {},
        "version": 1,
        "attempts": 1,
        "max_attempts": 3,
        "created_at": datetime.now(UTC),  # noqa: TID251 - a job was made just now
    }
    return ClaimedJob(**(given | fields))
