"""What the jobs of the demo meet outside the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from demonstration.receiver import Receiver, receiver
from demonstration.ssh_host import SSHHost, ssh_host
from pyjobkit_django.webhooks import SECRET_VARIABLE

#: What the webhook is to carry, and nothing else.
ORDER = {"order": 106_001, "customer": "Zoë Müller", "total": "€1,234.50"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A folder for files, a site that webhooks go to, a host that is reached over SSH."""

    folder: Path
    receiver: Receiver
    host: SSHHost
    order: dict[str, Any]

    def report(self, name: str) -> Path:
        """Return where the report of this name is put."""
        return self.folder / f"{name}.md"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Lend a stage; its servers stop with the block."""
    secret = os.environ[SECRET_VARIABLE]
    with (
        receiver(order=ORDER, secret=secret) as site,
        ssh_host(home=folder / "host", ssh_dir=settings.SSH_DIR) as host,
    ):
        yield Stage(folder=folder, receiver=site, host=host, order=ORDER)
