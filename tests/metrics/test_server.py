from __future__ import annotations

import logging
import socket
import sys
from urllib.request import urlopen

import prometheus_client
import pytest

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.metrics import (
    process_metrics,
    serving_metrics,
    start_metrics_server,
)
from tests.metrics.samples import Scrape


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def _without_prometheus(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)


def look(port):
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        return Scrape(response.read().decode())


def test_metrics_are_served_during_the_block_and_not_after_it():
    with serving_metrics(0) as port:
        process_metrics().settled("mail", "success", ran_s=0.2)
        scrape = look(port)

    assert scrape.value("jobs_total", kind="mail", outcome="success") == 1
    with pytest.raises(OSError, match=r"refused"):
        look(port)


def test_the_log_names_the_port(caplog):
    with (
        caplog.at_level(logging.INFO, "pyjobkit.metrics"),
        serving_metrics(0) as port,
    ):
        pass

    (record,) = caplog.records
    assert (record.event, record.host, record.port) == (
        "metrics.served",
        "127.0.0.1",
        port,
    )


def test_only_this_machine_may_look_unless_the_site_says_otherwise(monkeypatch):
    started = []
    start = prometheus_client.start_http_server
    monkeypatch.setattr(
        prometheus_client,
        "start_http_server",
        lambda *arguments, **options: (
            started.append(start(*arguments, **options)) or started[-1]
        ),
    )

    assert start_metrics_server(0)
    assert start_metrics_server(port=0, host="0.0.0.0")

    addresses = [server.server_address[0] for server, _ in started]
    assert addresses == ["127.0.0.1", "0.0.0.0"]
    for server, thread in started:
        assert look(server.server_port).families
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    "serve", [start_metrics_server, lambda *at: serving_metrics(*at).__enter__()]
)
def test_a_port_that_is_taken_is_refused_in_one_sentence(serve, taken):
    with pytest.raises(
        ConfigError, match=rf"metrics .* on 127.0.0.1:{taken}: .*in use"
    ):
        serve(taken)


@pytest.mark.parametrize(("port", "host"), [(70_000, "127.0.0.1"), (0, "192.0.2.1")])
def test_an_address_that_is_none_of_ours_is_refused_in_one_sentence(port, host):
    with pytest.raises(
        ConfigError, match=rf"metrics cannot be served on {host}:{port}"
    ):
        start_metrics_server(port, host)


@pytest.mark.usefixtures("_without_prometheus")
def test_without_prometheus_client_there_is_no_server_and_the_caller_learns_of_it(
    caplog,
):
    assert not start_metrics_server()
    assert caplog.messages == [
        "metrics are not served: prometheus-client is not installed"
    ]
    with (
        pytest.raises(ConfigError, match=r"install pyjobkit-django\[metrics\]"),
        serving_metrics(0),
    ):
        pass
