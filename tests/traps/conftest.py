from __future__ import annotations

import pytest

from tests.acceptance.conftest import journal, start_worker
from tests.conformance.on_django import django_stage

__all__ = ["journal", "start_worker"]


@pytest.fixture
async def stage(transactional_db):
    """Yield DjangoBackend on the database of the run, and what prepares its jobs."""
    async with django_stage() as stage:
        yield stage
