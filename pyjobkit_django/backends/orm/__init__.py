"""Jobs in the tables of a Django site."""

from __future__ import annotations

from pyjobkit_django.backends.orm.backend import DjangoBackend
from pyjobkit_django.backends.orm.log_sink import DatabaseLogSink

__all__ = ["DatabaseLogSink", "DjangoBackend"]
