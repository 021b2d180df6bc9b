"""A command on another host, over SSH."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

from demonstration.job_view import Part, Views
from demonstration.scenes.scene import Check, Scene
from pyjobkit_django import enqueue

COMMAND = "cat VERSION"


class RemoteCommand(Scene):
    """Asks a host which version of the shop it runs."""

    def enqueue(self) -> list[Part]:
        build = secrets.token_hex(4)
        (self.stage.host.home / "VERSION").write_text(f"shop 4.2, build {build}\n")
        job_id = enqueue(
            "ssh",
            {
                "host": "127.0.0.1",
                "port": self.stage.host.port,
                "credential": "deploy",
                "cmd": COMMAND,
            },
        )
        return [Part("version", job_id)]

    def promises(self) -> Mapping[str, Check]:
        return {
            "version: the SSH host let deploy in, ran the command, answered": self._wrong
        }

    def _wrong(self, views: Views) -> Iterator[str]:
        version = views["version"]
        answer = (self.stage.host.home / "VERSION").read_text()
        if version.result["output"] != answer or [*version.lines] != [answer.strip()]:
            yield f"it returned {version.result} and logged {version.lines}"
        if self.stage.host.visits != [("deploy", COMMAND)]:
            yield f"the host ran {self.stage.host.visits}"
