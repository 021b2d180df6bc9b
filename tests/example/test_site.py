from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def start(example, tmp_path):
    """Start a script of the site elsewhere, with little in its environment and its own database."""

    def start_script(name, *arguments, **variables):
        inherited = ("PATH", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")
        environment = {
            name: os.environ[name] for name in inherited if name in os.environ
        }
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'site.sqlite3'}"
        return subprocess.Popen(
            [sys.executable, str(example / name), *arguments],
            cwd=tmp_path,
            env={**environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start_script


@pytest.fixture
def run(start):
    """Run a script of the site to its end."""

    def run_script(name, *arguments, **variables):
        with start(name, *arguments, **variables) as script:
            stdout, stderr = script.communicate()
        return subprocess.CompletedProcess(
            script.args, script.returncode, stdout, stderr
        )

    return run_script


def test_the_checks_have_nothing_to_say(run):
    ended = run("manage.py", "check", "--fail-level=WARNING")

    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


def test_without_debug_the_well_known_key_is_refused_in_a_sentence(run):
    ended = run("manage.py", "check", DEBUG="0")

    assert ended.returncode == 1
    assert ended.stderr.startswith("manage.py: SECRET_KEY: everybody knows")
    assert len(ended.stderr.splitlines()) == 1


def test_without_debug_a_key_of_ones_own_will_do(run):
    ended = run("manage.py", "check", DEBUG="0", SECRET_KEY="of our own")

    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_the_demo_ends_well_and_says_so_in_plain_lines(start, tmp_path):
    folder = tmp_path / "demo"
    # A proxy that is not there: nothing on loopback may be asked of it.
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://[::1]:9")
    with start("demo.py", "--folder", str(folder), **proxies) as demo:
        stdout, stderr = demo.communicate()

    assert demo.returncode == 0, stdout + stderr
    assert stderr == ""
    assert "✗" not in stdout
    assert "\x1b" not in stdout
    assert stdout.count("✓") == 18
    assert dict(ends(stdout)) == {
        "all-orders": ["reports.sales", "success", "1/3"],
        "month-2026-06": ["reports.sales", "success", "1/3"],
        "country-de": ["reports.sales", "success", "3/3"],
        "webhook": ["http", "success", "1/3"],
        "split": ["subprocess", "success", "1/3"],
        "version": ["ssh", "success", "1/3"],
        "busy-site": ["http", "failed", "3/3"],
        "too-slow": ["reports.sales", "cancelled", "1/3"],
        "country-fr": ["reports.sales", "success", "1/3"],
        "└ notice": ["http", "success", "1/12"],
        "country-it": ["reports.sales", "success", "1/3"],
        "├ pack": ["reports.pack", "success", "1/3"],
        "└ seal": ["reports.seal", "success", "1/3"],
    }
    assert len(list(folder.glob("*.md"))) == 5
    assert still_running(folder) == []


@pytest.mark.slow
def test_the_demo_stops_with_all_that_it_started(start, tmp_path):
    folder = tmp_path / "demo"
    with start("demo.py", "--folder", str(folder)) as demo:
        lines = iter(demo.stdout.readline, "")
        assert any("running" in line for line in lines)
        assert len(still_running(folder)) >= 2
        demo.send_signal(signal.SIGINT)
        rest, stderr = demo.communicate()

    assert (demo.returncode, stderr) == (130, "")
    assert rest.endswith("\nStopped, and the worker with it.\n")
    assert still_running(folder) == []


def ends(stdout):
    """Yield job and [kind, status, attempts] of each row of the last table."""
    table = stdout.partition("Took  Result")[2].partition("\n\n")[0]
    for line in table.splitlines():
        name, cells = line[:15].strip(), line[15:].split()
        if name:
            yield name, cells[:3]


def still_running(folder):
    """Return the processes that know the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (
                (process / "cmdline").read_bytes(),
                (process / "environ").read_bytes(),
            )
        except OSError:
            continue
        if str(folder).encode() in b"".join(known):
            found.append(process.name)
    return found
