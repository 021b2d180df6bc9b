"""The fixture that plays a test on memory and on Django's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pyjobkit_django.backends.memory import MemoryBackend
from tests.conformance.on_django import django_stage
from tests.conformance.probes import MemoryProbe
from tests.conformance.stage import Stage
from tests.marks import committed


@pytest.fixture(params=["memory", pytest.param("django", marks=committed)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "memory":
        memory = MemoryBackend()
        yield Stage(memory, MemoryProbe(memory))
        return
    async with django_stage() as stage:
        yield stage
