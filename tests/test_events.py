from __future__ import annotations

import asyncio
import logging

import pytest

from pyjobkit_django.events import LocalEventBus


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.heard = []

    async def __call__(self, payload):
        self.heard.append(payload)


async def test_those_who_subscribed_hear_of_their_topic_only():
    bus, first, second, other = LocalEventBus(), Listener(), Listener(), Listener()
    bus.subscribe("topic", first)
    bus.subscribe("topic", second)
    bus.subscribe("other", other)

    await bus.publish("topic", {"value": 1})

    assert first.heard == second.heard == [{"value": 1}]
    assert other.heard == []


async def test_an_announcement_that_nobody_hears_is_fine():
    await LocalEventBus().publish("topic", {})


async def test_who_unsubscribed_hears_no_more():
    bus, leaving, staying = LocalEventBus(), Listener(), Listener()
    bus.subscribe("topic", leaving)
    bus.subscribe("topic", staying)
    bus.unsubscribe("topic", leaving)

    await bus.publish("topic", {})

    assert (leaving.heard, staying.heard) == ([], [{}])


async def test_unsubscribing_a_stranger_is_fine():
    bus = LocalEventBus()
    bus.unsubscribe("topic", Listener())
    await bus.publish("topic", {})


async def test_a_listener_may_leave_while_it_is_told():
    bus, last = LocalEventBus(), Listener()

    async def leave(payload):
        bus.unsubscribe("topic", leave)

    bus.subscribe("topic", leave)
    bus.subscribe("topic", last)
    await bus.publish("topic", {"n": 1})

    assert last.heard == [{"n": 1}]


async def test_a_listener_that_fails_is_logged_and_the_others_still_hear(caplog):
    async def fail(payload):
        raise ValueError("no ears")

    bus, other = LocalEventBus(), Listener()
    bus.subscribe("topic", fail)
    bus.subscribe("topic", other)
    with caplog.at_level(logging.ERROR, "pyjobkit.events"):
        await bus.publish("topic", {})

    assert other.heard == [{}]
    assert [(record.message, record.topic) for record in caplog.records] == [
        ("listener failed", "topic")
    ]


async def test_a_listener_passes_on_that_the_job_is_stopped():
    async def stop(payload):
        raise asyncio.CancelledError

    bus = LocalEventBus()
    bus.subscribe("topic", stop)
    with pytest.raises(asyncio.CancelledError):
        await bus.publish("topic", {})


async def test_a_bus_can_be_closed():
    await LocalEventBus().close()
