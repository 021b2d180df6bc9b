"""A real SSH server on loopback, which runs shells; what it does can be chosen."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress

import asyncssh


class Server:
    """Counts connections and commands.

    Like OpenSSH it leaves a command running whose channel has closed, and where
    ``honours_signals`` is False it passes no signals on.
    """

    def __init__(self, host_key, authorized):
        self.host_key = host_key
        self.authorized = authorized
        self.port = 0
        self.passwords = {}
        self.honours_signals = True
        self.refuses_commands = False
        self.tells_ends = True
        self.connections = 0
        self.commands = []
        self.envs = []
        self.live = set()
        self.processes = []
        self.stdins = set()
        self._tasks = set()

    async def start(self):
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Login(self),
            server_host_keys=[self.host_key],
            agent_forwarding=False,
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()

    async def stop(self):
        """Die: cut every connection and accept no other."""
        self._acceptor.close()
        for connection in list(self.live):
            connection.abort()
        await self._acceptor.wait_closed()
        for connection in list(self.live):
            await connection.wait_closed()

    async def clean_up(self):
        await self.stop()
        for process in self.processes:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        await asyncio.gather(*self._tasks)
        for stdin in list(self.stdins):
            stdin.abort()
        while self.stdins:
            await asyncio.sleep(0)

    def known_hosts_line(self, key=None):
        line = (key or self.host_key).export_public_key().decode().strip()
        return f"[127.0.0.1]:{self.port} {line}\n"

    def spawn(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Login(asyncssh.SSHServer):
    def __init__(self, server):
        self._server = server

    def connection_made(self, connection):
        self._connection = connection
        self._server.connections += 1
        self._server.live.add(connection)

    def connection_lost(self, error):
        self._server.live.discard(self._connection)

    def begin_auth(self, username):
        return True

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return key in self._server.authorized

    def password_auth_supported(self):
        return bool(self._server.passwords)

    def validate_password(self, username, password):
        return self._server.passwords.get(username) == password

    def session_requested(self):
        channel = self._connection.create_server_channel(encoding=None)
        return channel, _Shell(self._server)


class _Stdin(asyncio.BaseProtocol):
    """Is one of ``those_open`` until its transport is done."""

    def __init__(self, those_open):
        self._those_open = those_open

    def connection_made(self, transport):
        self._transport = transport
        self._those_open.add(transport)

    def connection_lost(self, error):
        self._those_open.discard(self._transport)


class _Shell(asyncssh.SSHServerSession):
    def __init__(self, server):
        self._server = server
        self._process = None
        self._stdin = None
        self._early = []
        self._is_open = True

    def connection_made(self, channel):
        self._channel = channel

    def exec_requested(self, command):
        self._command = command
        return not self._server.refuses_commands

    def session_started(self):
        self._server.commands.append(self._command)
        self._server.envs.append(dict(self._channel.get_environment()))
        self._server.spawn(self._run())

    def data_received(self, data, datatype):
        if self._stdin is None:
            self._early.append(data)
        else:
            self._stdin.write(data)

    def eof_received(self):
        if self._stdin is None:
            self._early.append(None)
        else:
            self._stdin.close()
        return True

    def signal_received(self, name):
        if self._server.honours_signals and self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, getattr(signal, f"SIG{name}"))

    def connection_lost(self, error):
        self._is_open = False
        if self._stdin:
            self._stdin.close()

    async def _run(self):
        process = self._process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
            ["/bin/sh", "-c", self._command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "SHELL": "/bin/sh",
                **self._channel.get_environment(),
            },
            start_new_session=True,
            bufsize=0,
        )
        self._server.processes.append(process)
        await self._open_stdin(process)
        await asyncio.gather(
            self._send(process.stdout, None),
            self._send(process.stderr, asyncssh.EXTENDED_DATA_STDERR),
        )
        while process.poll() is None:
            await asyncio.sleep(0.002)
        self._stdin.close()
        self._tell_end(process.returncode)

    async def _open_stdin(self, process):
        loop = asyncio.get_running_loop()
        self._stdin, _ = await loop.connect_write_pipe(
            lambda: _Stdin(self._server.stdins), process.stdin
        )
        for data in self._early:
            self._stdin.close() if data is None else self._stdin.write(data)
        if not self._is_open:
            self._stdin.close()

    async def _send(self, pipe, datatype):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while data := await reader.read(65536):
                if not self._is_open:
                    return
                self._channel.write(data, datatype)
        finally:
            transport.close()

    def _tell_end(self, code):
        if not self._is_open or not self._server.tells_ends:
            self._channel.close()
        elif code >= 0:
            self._channel.exit(code)
        else:
            name = signal.Signals(-code).name.removeprefix("SIG")
            self._channel.exit_with_signal(name)
