"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Sales reports; the worker finds ``executors.py`` by itself."""

    name = "reports"
