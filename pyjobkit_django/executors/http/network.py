"""Resolves a name once, judges what it resolves to, and dials exactly that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import httpcore

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.http.addresses import is_address, why_refused

type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: How many addresses of one name are tried, within one connect timeout.
_MOST_DIALLED: Final = 4


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """What connections are opened through: no way leads around the check.

    Certificates and the Host header are still matched against the name. A name of
    which any address is refused is refused: DiscardJob names the address.
    """

    def __init__(
        self,
        *,
        public_only: bool,
        resolve: Resolve | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._public_only = public_only
        self._resolve = resolve or system_addresses
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        for address in addresses:
            self._check(host, address)
        dialled = addresses[:_MOST_DIALLED]
        patience = None if timeout is None else timeout / len(dialled)
        faults = []
        for address in dialled:
            try:
                return await self._network.connect_tcp(
                    address, port, patience, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                faults.append(f"{address} port {port}: {reason_of(error)}")
        raise httpcore.ConnectError("; ".join(faults))

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        if is_address(host):
            return [host]
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} does not resolve: {error}") from error
        if not addresses:
            raise httpcore.ConnectError(f"{host} does not resolve")
        return addresses

    def _check(self, host: str, address: str) -> None:
        if why := why_refused(address, public_only=self._public_only):
            named = host if host == address else f"{host} resolves to {address}, which"
            raise DiscardJob(f"refused to connect: {named} is {why}")


async def system_addresses(host: str, port: int) -> list[str]:
    """Return the addresses that the system's resolver knows, in its order."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def reason_of(error: BaseException) -> str:
    """Return the text of the first cause, or its name where it has none."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
