"""Somebody else's site, which webhooks are sent to: a real HTTP server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

from pyjobkit_django.webhooks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    verify_signature,
)

ORDERS, NOTICES, BUSY = "/orders", "/notices", "/"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request that came in, and the status that it was answered with."""

    path: str
    body: Any
    status: HTTPStatus


class Receiver(ThreadingTCPServer):
    """Takes the one order it expects, takes signed notices, and is busy elsewhere."""

    daemon_threads = True

    def __init__(self, *, order: dict[str, Any], secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.place = "127.0.0.1:{1}".format(*self.server_address)
        self.deliveries: list[Delivery] = []
        self._order = order
        self._secret = secret

    def url(self, path: str) -> str:
        """Return where to send what belongs to ``path``."""
        return f"http://{self.place}{path}"

    def received(self, path: str) -> list[Delivery]:
        """Return what came in there, oldest first."""
        return [delivery for delivery in self.deliveries if delivery.path == path]

    def receive(self, path: str, headers: Message, body: bytes) -> HTTPStatus:
        """Keep a request; return the status of the answer."""
        status = self._judge(path, headers, body)
        self.deliveries.append(Delivery(path, json.loads(body), status))
        return status

    def _judge(self, path: str, headers: Message, body: bytes) -> HTTPStatus:
        if path == ORDERS:
            is_right = json.loads(body) == self._order
            return HTTPStatus.CREATED if is_right else HTTPStatus.UNPROCESSABLE_ENTITY
        if path == NOTICES:
            is_ours = verify_signature(
                body=body,
                secret=self._secret,
                signature_header=headers[SIGNATURE_HEADER],
                timestamp_header=headers[TIMESTAMP_HEADER],
            )
            return HTTPStatus.OK if is_ours else HTTPStatus.UNAUTHORIZED
        return HTTPStatus.SERVICE_UNAVAILABLE


@contextmanager
def receiver(*, order: dict[str, Any], secret: str) -> Iterator[Receiver]:
    """Lend a receiver that listens on a port of its own."""
    with Receiver(order=order, secret=secret) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.receive(self.path, self.headers, body)
        answer = json.dumps({"received": len(body)}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Leave the terminal to the demo."""
