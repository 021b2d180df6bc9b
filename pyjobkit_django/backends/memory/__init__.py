"""Jobs in the memory of one process, the reference for what each verb means."""

from __future__ import annotations

from pyjobkit_django.backends.memory.backend import MemoryBackend
from pyjobkit_django.backends.memory.job import AttemptRecord

__all__ = ["AttemptRecord", "MemoryBackend"]
