from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections


@pytest.fixture
async def callers_thread() -> AsyncIterator[None]:
    """Close, after the test, the connections of the thread that async code borrows."""
    yield
    await sync_to_async(connections.close_all)()
