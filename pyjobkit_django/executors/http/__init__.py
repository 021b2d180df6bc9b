"""The kind ``http``: sends a request and keeps the answer."""

from __future__ import annotations

from pyjobkit_django.executors.http.executor import HTTPExecutor

#: The name that pyjobkit 1.0 gives it.
HttpExecutor = HTTPExecutor

__all__ = ["HTTPExecutor", "HttpExecutor"]
