from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyjobkit_django.interop import as_pyjobkit
from tests.acceptance.processes import Journal
from tests.conformance.on_django import django_stage
from tests.conformance.stage import Stage
from tests.conformance.staging import stage
from tests.interop.their_process import TheirProcess
from tests.matrix.pyjobkit import use_pyjobkit

__all__ = ["stage"]

use_pyjobkit()


@pytest.fixture
async def django_backend(transactional_db: None) -> AsyncIterator[Any]:
    async with django_stage() as stage:
        yield stage.backend


@pytest.fixture
def exported(stage: Stage) -> Any:
    """Return our backend as pyjobkit's Engine takes it."""
    return as_pyjobkit(stage.backend)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture
def start_worker(tmp_path: Path, transactional_db: None) -> Iterator[Any]:
    """Start processes with pyjobkit's Worker; those left at the end are killed."""
    started: list[TheirProcess] = []

    def start(*arguments: str) -> TheirProcess:
        worker = TheirProcess(tmp_path / f"worker-{len(started)}.log", *arguments)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
