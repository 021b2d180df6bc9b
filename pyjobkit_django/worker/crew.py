"""The loops of one worker, each with its own task, and how they hang together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from pyjobkit_django.worker.cancels import Cancels
from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.claimer import Claimer
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.containment import containing
from pyjobkit_django.worker.context import Contexts
from pyjobkit_django.worker.counter_writer import CounterWriter
from pyjobkit_django.worker.depth import Depth
from pyjobkit_django.worker.drain import GRACE_S, Drain
from pyjobkit_django.worker.heartbeat import Heartbeat
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.leases import Leases
from pyjobkit_django.worker.listener import Listener
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.loop_watch import LoopWatch
from pyjobkit_django.worker.once import Once
from pyjobkit_django.worker.outage_watch import OutageWatch
from pyjobkit_django.worker.progress_writer import ProgressWriter
from pyjobkit_django.worker.promoter import Promoter
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.reaper import Reaper
from pyjobkit_django.worker.runner import Runner
from pyjobkit_django.worker.settler import Settler
from pyjobkit_django.worker.shift import Shift
from pyjobkit_django.worker.slots import Slots

#: A probe counts for so many heartbeats.
PROBE_BEATS = 2.5


class Crew:
    """Everything that works during one shift."""

    def __init__(self, shift: Shift, give_up: Callable[[], None]) -> None:
        """Call ``give_up`` where the worker had better be replaced, or is asked to end."""
        options = shift.options
        hints = Hints()
        contact = Contact(
            options.lease_ttl, shift.backend.check_connection, clock=shift.clock
        )
        self.outage = OutageWatch(shift, contact)
        self.outage.when_over = self._wake_failing
        channel = Channel(PROBE_BEATS * options.beat_interval_s, clock=shift.clock)
        in_flight = InFlight(options.max_concurrency)
        self.logs = LogWriter(shift.log_sink, contact=contact)
        self.progress = ProgressWriter(shift.backend, contact)
        self.settler = Settler(
            shift, in_flight, hints, (self.logs, self.progress), contact
        )
        contexts = Contexts(shift, self.logs, self.progress)
        runner = Runner(shift, in_flight, contexts, self.settler)
        self.slots = Slots(shift, in_flight, runner, give_up)
        self.claimer = Claimer(shift, self.slots, in_flight, channel, contact)
        self.leases = Leases(shift, in_flight, contact)
        self.cancels = Cancels(shift, in_flight, channel, hints, contact)
        self.promoter = Promoter(shift, channel, hints, contact)
        self.reaper = Reaper(shift, hints, contact)
        self.heartbeat = Heartbeat(shift, in_flight, contact, give_up)
        self.listener = Listener(shift, channel, hints, self.heartbeat, contact)
        self.drain = Drain(self.claimer, self.slots, in_flight, runner)
        self.once = Once(shift, self.claimer, self.settler, in_flight, hints, contact)
        self.depth = Depth(shift, contact)
        self.counters = CounterWriter(shift, contact)
        self._stop_timeout = options.stop_timeout
        self._watched = shift.metrics.watching(in_flight)
        hints.when_queued = self.claimer.wake

    async def work(self, stop: asyncio.Event, *, once: bool = False) -> None:
        """Work until ``stop`` is set, or until nothing is left to do, then clean up."""
        self.once.request_stop = stop.set
        with self._watched, LoopWatch().watching(), containing():
            await self._work_until(stop, once=once)

    async def _work_until(self, stop: asyncio.Event, *, once: bool) -> None:
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(pulse.run(), name=pulse.name)
                for pulse in self._pulses(once=once)
            ]
            try:
                await stop.wait()
                await self._leave(self._stop_timeout)
            except asyncio.CancelledError:
                await self._leave(0.0)
                raise
            finally:
                for loop in loops:
                    loop.cancel()

    async def _leave(self, patience_s: float | None) -> None:
        began = time.monotonic()
        self.once.pulse.end()
        self.heartbeat.drain()
        await self.drain.empty_slots(patience_s)
        left_s = None
        if patience_s is not None:
            left_s = max(patience_s - (time.monotonic() - began), GRACE_S)
        await self.settler.finish(left_s)
        await self.logs.finish(GRACE_S)
        await self.counters.finish(GRACE_S)
        await self.heartbeat.stop()

    def _wake_failing(self) -> None:
        for pulse in self._pulses(once=True):
            if pulse.failing:
                pulse.wake()

    def _pulses(self, *, once: bool) -> Iterator[Pulse]:
        yield self.outage.pulse
        yield from (self.logs.pulse, self.progress.pulse, self.settler.pulse)
        yield from self.slots.pulses
        yield from (self.leases.extending, self.leases.watching, self.cancels.pulse)
        yield from (self.promoter.pulse, self.reaper.pulse)
        yield from (self.heartbeat.pulse, self.listener.pulse, self.claimer.pulse)
        if self.depth.is_wanted:
            yield self.depth.pulse
        if self.counters.is_wanted:
            yield self.counters.pulse
        if once:
            yield self.once.pulse
