"""A database server for one run of the tests: started, watched and removed with it."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.databases.servers import NoServerError, Server

#: Runs a server ("$@") until our end of the pipe closes, however we end.
_GUARD = """
"$@" >"$FOLDER/log" 2>&1 </dev/null &
read -r _
kill -s "$STOP_SIGNAL" $!
wait $!
cd / && rm -rf "$FOLDER"
"""
#: The same for a server that is started and stopped more than once: its folder stays.
_KEEPER = """
"$@" >>"$FOLDER/log" 2>&1 </dev/null &
read -r _
kill -s "$STOP_SIGNAL" $! 2>/dev/null
wait $!
"""
_PATIENCE_S = 60


class ThrowAway:
    """A folder, and the server that lives in it until this process ends.

    A server refuses to run as root, which then lends it the first of ``accounts``.
    """

    def __init__(self, name: str, *, accounts: tuple[str, ...]) -> None:
        self._account = _unprivileged(accounts)
        self.folder = Path(tempfile.mkdtemp(prefix=f"pyjobkit-test-{name}-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        if self._account:
            os.chown(self.folder, self._account["user"], self._account["group"])

    def can_run(self, program: Path) -> bool:
        """Tell whether the server's account reaches a program."""
        try:
            return not self._run(program, "--version").returncode
        except PermissionError:
            return False

    def copy(self, trees: list[Path]) -> Path:
        """Return a folder with copies that the server's account reaches."""
        copies = self.folder / "programs"
        for tree in filter(Path.exists, trees):
            shutil.copytree(tree, copies / tree.name, symlinks=True)
        if self._account:
            for path in (copies, *copies.rglob("*")):
                os.chown(
                    path,
                    self._account["user"],
                    self._account["group"],
                    follow_symlinks=False,
                )
        return copies

    def prepare(self, *command: object) -> None:
        """Run what makes the server's data; NoServerError with its output if it fails."""
        done = self._run(*command)
        if done.returncode:
            lines = done.stdout.decode(errors="replace").strip().splitlines()
            raise NoServerError(f"{command[0]} failed: {' / '.join(lines[-3:])}")

    def start(self, *command: object, stop_signal: str) -> None:
        """Run the server; ``stop_signal`` ends it quickly, at the cost of its data."""
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", *map(str, command)],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            env={**self._environment(), "STOP_SIGNAL": stop_signal},
            start_new_session=True,
            **self._account,
        )
        atexit.register(self.stop)

    def spawn(self, *command: object, stop_signal: str) -> subprocess.Popen[bytes]:
        """Run the server as well, until the pipe to the process returned is closed."""
        return subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", *map(str, command)],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            env={**self._environment(), "STOP_SIGNAL": stop_signal},
            start_new_session=True,
            **self._account,
        )

    def wait_until_ready(self, reach: Callable[[], Server]) -> Server:
        """Return the server as soon as ``reach`` does."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return reach()
            except NoServerError as fault:
                if time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")
                    self.stop()
                    raise NoServerError(
                        f"{fault}; its log ends: {log[-500:]}"
                    ) from None
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self._guard.stdin:
            self._guard.stdin.close()
        self._guard.wait()

    def _run(self, *command: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self._environment(),
            check=False,
            **self._account,
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "FOLDER": str(self.folder),
        }


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged(accounts: tuple[str, ...]) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in accounts:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise NoServerError(
        f"a server does not run as root, and there is no {' or '.join(accounts)}"
    )
