from __future__ import annotations

import pytest
from prometheus_client import REGISTRY


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    """Leave the process unmeasured, and its registry without our names."""
    before = set(REGISTRY._collector_to_names)
    monkeypatch.setattr("pyjobkit_django.metrics.process._in_use", [])
    yield
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)
