"""The reference agrees with the code; a test that fails names the page to change."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING as _REQUIRED
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

import pyjobkit_django
from docs.generators.moves import moves_chart
from pyjobkit_django import conf
from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.jobs import MOVES, OPTIONS, JobSpec, JobStatus
from pyjobkit_django.metrics.prometheus import PrometheusMetrics
from tests.newcomer.environment import ROOT

REFERENCE = ROOT / "docs" / "reference"
PACKAGE = Path(pyjobkit_django.__file__).parent

pytestmark = pytest.mark.once

_CODE = re.compile(r"`([^`]+)`")


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def rows(page: str, title: str) -> list[list[str]]:
    """Return the cells of the first table under a title of a page."""
    _, _, after = text_of(page).partition(f"# {title}\n")
    table = re.search(r"^\|.*\n\|[-:|]+\n((?:\|.*\n)+)", after, re.MULTILINE)
    assert table, f"docs/{page} has no table under {title!r}"
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[1].splitlines()
    ]


def defaults(page: str, title: str) -> dict[str, Any]:
    """Return what the first two columns of a table say."""
    return {
        name.strip("`"): ast.literal_eval(default.strip("`")) if default else _REQUIRED
        for name, default, *_ in rows(page, title)
    }


def names(page: str, title: str) -> list[str]:
    """Return the names in the first column of a table."""
    return [name for first, *_ in rows(page, title) for name in _CODE.findall(first)]


def default_of(reader: conf.Reader) -> Any:
    if isinstance(reader, dict):
        return {}
    default, _ = reader
    return list(default) if isinstance(default, tuple) else default


def test_the_settings_are_those_of_conf():
    assert defaults("reference/settings.md", "Settings") == {
        name: default_of(reader) for name, reader in conf._READERS.items()
    }


@pytest.mark.parametrize("name", ["DEFAULTS", "LOG_LIMITS", "RETENTION"])
def test_the_keys_of_a_setting_are_those_of_conf(name):
    assert defaults("reference/settings.md", name) == {
        key: default_of(reader) for key, reader in conf._READERS[name].items()
    }


def test_every_check_has_its_paragraph():
    told = re.findall(
        r"^## (pyjobkit\.\w+)$", text_of("reference/checks.md"), re.MULTILINE
    )
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))

    assert sorted(told) == sorted(set(re.findall(r'"(pyjobkit\.[EW]\d{3})"', sources)))


def test_the_statuses_are_those_of_a_job():
    assert names("reference/jobs.md", "Statuses") == [*JobStatus]


def test_the_options_are_those_of_a_job_spec():
    assert defaults("reference/jobs.md", "What enqueue takes") == {
        field.name: default_of_field(field)
        for field in fields(JobSpec)
        if field.name in OPTIONS
    }


def default_of_field(field: Field[Any]) -> Any:
    if field.default_factory is not _REQUIRED:
        return field.default_factory()
    return field.default


def test_the_keys_are_those_of_a_record():
    told = names("reference/jobs.md", "What get_job returns")

    assert set(JobRecord.__annotations__) <= set(told)


def test_every_public_name_is_in_the_api():
    page = text_of("reference/api.md")

    assert [name for name in pyjobkit_django.__all__ if name not in page] == []


def test_the_metrics_are_those_that_are_served():
    registry = CollectorRegistry()
    PrometheusMetrics(registry)
    served = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in registry.collect()
    }

    assert set(names("how-to/measure-and-trace.md", "Prometheus")) == served


def test_the_chart_shows_every_move():
    drawn = re.findall(
        r'data-verb="(\w+)" data-from="([\w ]+)" data-to="([\w ]+)"', moves_chart()
    )

    assert [
        (verb, set(sources.split()), set(targets.split()))
        for verb, sources, targets in drawn
    ] == [(verb, move.sources, move.targets) for verb, move in MOVES.items()]
