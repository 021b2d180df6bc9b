from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(example, tmp_path):
    """Run a script of the site elsewhere, with little in its environment and its own database."""

    def run_script(name, *arguments):
        inherited = ("PATH", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")
        environment = {
            name: os.environ[name] for name in inherited if name in os.environ
        }
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'site.sqlite3'}"
        return subprocess.run(
            [sys.executable, str(example / name), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run_script


def test_the_checks_have_nothing_to_say(run):
    ended = run("manage.py", "check", "--fail-level=WARNING")

    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


@pytest.mark.slow
def test_the_demo_ends_well_and_says_so_in_plain_lines(run, tmp_path):
    ended = run("demo.py", "--folder", str(tmp_path / "demo"))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert "✗" not in ended.stdout
    assert "\x1b" not in ended.stdout
    assert ended.stdout.count("✓") == 8
    assert len(list((tmp_path / "demo").glob("*.md"))) == 3
