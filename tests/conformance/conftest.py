from __future__ import annotations

import pytest

from pyjobkit_django.contracts import QueueBackend
from pyjobkit_django.engine import Engine
from tests.conformance.stage import Stage
from tests.conformance.staging import stage

__all__ = ["stage"]


@pytest.fixture
def backend(stage: Stage) -> QueueBackend:
    return stage.backend


@pytest.fixture
def engine(backend: QueueBackend) -> Engine:
    return Engine(backend=backend)
