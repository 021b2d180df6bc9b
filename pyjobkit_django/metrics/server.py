"""Serving this process's metrics over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.metrics.process import use_prometheus

logger = logging.getLogger("pyjobkit.metrics")

DEFAULT_PORT: Final = 9000
#: Metrics name the kinds of a site's jobs and how busy they are, so nobody else sees
#: them unless the site says so; pyjobkit listens on 0.0.0.0.
DEFAULT_HOST: Final = "127.0.0.1"


def start_metrics_server(port: int = DEFAULT_PORT, host: str = DEFAULT_HOST) -> bool:
    """Measure the workers that start from now on, and serve that at ``/metrics``.

    Call it before ``Worker.run``; the server ends with the process. Returns False, and
    does nothing, where prometheus-client is not installed. Raises ConfigError where it
    cannot listen. ``host="0.0.0.0"`` lets other machines look.
    """
    if not use_prometheus():
        logger.warning("metrics are not served: prometheus-client is not installed")
        return False
    _listen(port, host)
    return True


@contextmanager
def serving_metrics(port: int, host: str = DEFAULT_HOST) -> Iterator[int]:
    """Serve metrics during the block and give the port, which the system chooses for 0.

    Raises ConfigError where prometheus-client is not installed, or it cannot listen.
    """
    if not use_prometheus():
        raise ConfigError(
            "metrics need prometheus-client; install pyjobkit-django[metrics]"
        )
    server, thread = _listen(port, host)
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(port: int, host: str) -> tuple[Any, Any]:
    start_http_server = import_module("prometheus_client").start_http_server
    try:
        server, thread = start_http_server(port, addr=host)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"metrics cannot be served on {host}:{port}: {error}"
        ) from error
    logger.info(
        "metrics served",
        extra={"event": "metrics.served", "host": host, "port": server.server_port},
    )
    return server, thread
