"""A Redis of our own for the queues that need one, ended with this process."""

from __future__ import annotations

import atexit
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache

from tests.databases.throwaway import free_port

_PATIENCE_S = 10


@cache
def redis_url() -> str:
    """Return the address of a server without persistence, or "" where there is none.

    One that already runs here is left alone: emptying it could lose somebody's data.
    """
    program = shutil.which("redis-server")
    if program is None:
        return ""
    folder = tempfile.mkdtemp(prefix="pyjobkit-bench-redis-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    port = free_port()
    server = subprocess.Popen(
        [
            *(program, "--bind", "127.0.0.1", "--port", str(port), "--dir", folder),
            *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
        ],
        stdout=subprocess.DEVNULL,
    )
    atexit.register(_stop, server)
    _wait_for(port)
    return f"redis://127.0.0.1:{port}"


def empty(url: str) -> None:
    """Forget everything that our server holds."""
    address = url.removeprefix("redis://").split("/")[0]
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        connection.recv(64)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait()
