"""The port that the site listens on."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"
PREFERRED = 8000
LARGEST = 65_535


class PortError(ValueError):
    """The site cannot listen there; the message says why and what to do."""


def choose_port(wanted: str) -> int:
    """Return the wanted port or, if none is wanted, 8000 or else a free one."""
    if not wanted:
        return PREFERRED if _is_free(PREFERRED) else _free_port()
    if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= LARGEST):
        raise PortError(f"PORT: {wanted!r} is not a number from 1 to {LARGEST}")
    if not _is_free(int(wanted)):
        raise PortError(
            f"PORT: something listens on {wanted} already; "
            f"name another, or leave PORT out to get a free one"
        )
    return int(wanted)


def _is_free(port: int) -> bool:
    with _socket() as listener:
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with _socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _socket() -> socket.socket:
    listener = socket.socket()
    # As runserver has it: connections that have just ended keep no port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return listener
