from __future__ import annotations

import socket

import pytest
from serving.ports import PortError, choose_port


@pytest.fixture
def listener():
    """A socket that listens on a port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_the_wanted_port_is_taken_where_it_is_free(listener):
    port = listener.getsockname()[1]
    listener.close()

    assert choose_port(str(port)) == port


def test_a_free_port_is_taken_where_none_is_wanted():
    assert choose_port("") > 0


@pytest.mark.parametrize("wanted", ["0", "65536", "-1", "http", "²"])
def test_what_is_no_port_is_refused(wanted):
    with pytest.raises(PortError, match=r"PORT: .* is not a number from 1 to 65535"):
        choose_port(wanted)


def test_a_port_that_is_in_use_is_refused(listener):
    with pytest.raises(PortError, match="something listens on"):
        choose_port(str(listener.getsockname()[1]))
