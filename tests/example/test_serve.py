from __future__ import annotations

import os
import re
import signal
import socket

import httpx
import pytest

from tests.marks import on_sqlite
from tests.served_site import PROC, ServedSite

pytestmark = [
    pytest.mark.slow,
    on_sqlite,
    pytest.mark.skipif(not PROC.is_dir(), reason="finds processes in /proc"),
]


@pytest.fixture
def served(tmp_path):
    with ServedSite(tmp_path / "served") as site:
        yield site


def _log_in(client):
    page = client.get("/admin/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    answer = client.post(
        "/admin/login/?next=/admin/",
        data={"username": "demo", "password": "demo", "csrfmiddlewaretoken": token},
    )
    return answer.headers.get("Location")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_stop_and_leaves_no_process(served, number):
    assert httpx.get(served.url).status_code == 200
    assert served.process("runserver") != served.process("pyjobkit_worker")

    served.signal(number)

    assert served.wait() == 0, served.output
    assert served.processes() == {}


def test_the_demo_user_and_the_data_are_there_the_second_time_too(tmp_path):
    for _ in range(2):
        with ServedSite(tmp_path / "served") as site:
            with httpx.Client(base_url=site.url) as client:
                assert _log_in(client) == "/admin/"
            site.signal(signal.SIGTERM)
            assert site.wait() == 0, site.output


@pytest.mark.parametrize(
    ("word", "name"), [("runserver", "site"), ("pyjobkit_worker", "worker")]
)
def test_when_one_ends_by_itself_the_other_is_stopped_and_it_says_so(
    served, word, name
):
    assert served.url
    os.kill(served.process(word), signal.SIGKILL)

    assert served.wait() == 1
    assert f"serve: the {name} ended by itself, with exit code -9" in served.output
    assert served.processes() == {}


def test_a_port_in_use_is_told_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        with ServedSite(tmp_path / "served", PORT=port) as site:
            assert site.wait() == 2
            assert site.output == (
                f"serve: PORT: something listens on {port} already; "
                "name another, or leave PORT out to get a free one\n"
            )


def test_it_is_for_development_alone(tmp_path):
    with ServedSite(tmp_path / "served", DEBUG="0", SECRET_KEY="ours") as site:
        assert site.wait() == 2
        assert site.output.startswith("serve: DEBUG is off")
