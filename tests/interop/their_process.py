"""pyjobkit's own Engine and Worker on our tables, in a process of their own."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.acceptance.processes import ROOT, WorkerProcess
from tests.matrix.pyjobkit import use_pyjobkit

READY = "their worker is ready"


class TheirProcess(WorkerProcess):
    """One such process, with its log in a file."""

    def __init__(self, log: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.interop.their_process", *arguments]
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=output, env=dict(os.environ)
            )

    @property
    def is_ready(self) -> bool:
        return READY in self.log.read_text()


async def work(lease_ttl: float) -> None:
    from pyjobkit import Engine, Worker  # noqa: PLC0415 - not on the path before

    from pyjobkit_django.backends.orm import DjangoBackend  # noqa: PLC0415 - nor set up
    from pyjobkit_django.backends.orm.lanes import ThreadLane  # noqa: PLC0415 - the same
    from pyjobkit_django.interop import as_pyjobkit  # noqa: PLC0415 - the same
    from tests.acceptance.executors import Gate, Note  # noqa: PLC0415 - the same

    backend = DjangoBackend(lease_ttl_s=lease_ttl, lane=ThreadLane("pyjobkit"))
    engine = Engine(backend=as_pyjobkit(backend), executors=[Note(), Gate()])
    worker = Worker(engine, max_concurrency=2, poll_interval=0.05, lease_ttl=lease_ttl)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, worker.request_stop)
    print(READY, flush=True)  # noqa: T201 - the test waits for it
    await worker.run()


if __name__ == "__main__":
    import django

    use_pyjobkit()
    django.setup()
    parser = argparse.ArgumentParser()
    parser.add_argument("--lease-ttl", type=float, default=30.0)
    asyncio.run(work(parser.parse_args().lease_ttl))
