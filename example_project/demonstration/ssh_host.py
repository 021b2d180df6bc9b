"""A host that is reached over SSH: a real server on loopback, with keys of its own."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import asyncssh
from anyio.from_thread import start_blocking_portal


@dataclass(slots=True)
class SSHHost:
    """Runs commands in ``home``; ``visits`` tells who had it run which."""

    home: Path
    port: int = 0
    visits: list[tuple[str, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Its address and port."""
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def listening(
        self, host_key: asyncssh.SSHKey, login: asyncssh.SSHKey
    ) -> AsyncIterator[None]:
        """Listen on a port of its own; only who has the key ``login`` is let in."""
        async with asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(
                login.export_public_key().decode()
            ),
            process_factory=self._run,
        ) as acceptor:
            self.port = acceptor.get_port()
            yield

    async def _run(self, process: asyncssh.SSHServerProcess[str]) -> None:
        command = process.command or ""
        self.visits.append((process.get_extra_info("username"), command))
        ended = await anyio.run_process(
            command, cwd=self.home, stdin=subprocess.DEVNULL, check=False
        )
        process.stdout.write(ended.stdout.decode())
        process.stderr.write(ended.stderr.decode())
        process.exit(ended.returncode)


@contextmanager
def ssh_host(*, home: Path, ssh_dir: Path) -> Iterator[SSHHost]:
    """Lend a host; ``ssh_dir`` gets a login for it and, in ``known_hosts``, its key."""
    host_key, login = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    home.mkdir(exist_ok=True)
    ssh_dir.mkdir(mode=0o700, exist_ok=True)
    login.write_private_key(ssh_dir / "id_ed25519")
    (ssh_dir / "id_ed25519").chmod(0o600)
    host = SSHHost(home)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(host.listening(host_key, login)),
    ):
        known = host_key.export_public_key().decode()
        (ssh_dir / "known_hosts").write_text(f"[127.0.0.1]:{host.port} {known}")
        yield host
