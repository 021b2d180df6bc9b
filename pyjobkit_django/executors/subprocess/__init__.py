"""Runs commands on the worker's host, one concept a module."""

from __future__ import annotations

from pyjobkit_django.executors.subprocess.executor import SubprocessExecutor

__all__ = ["SubprocessExecutor"]
