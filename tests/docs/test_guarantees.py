"""The page of guarantees names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.newcomer.environment import ROOT

PAGE = ROOT / "docs" / "guarantees.md"

pytestmark = pytest.mark.once

_NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def named():
    return _NAMED.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted({path for path, _ in named()}))
def test_every_test_that_holds_a_promise_exists(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    there = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert [name for file, name in named() if file == path and name not in there] == []


def test_no_promise_stands_without_a_test():
    rows = [
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.endswith("| test |")
    ]

    assert len(rows) > 40
    assert [row for row in rows if not _NAMED.search(row)] == []
