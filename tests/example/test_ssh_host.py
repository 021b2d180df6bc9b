from __future__ import annotations

import asyncssh
import pytest
from demonstration.ssh_host import ssh_host


@pytest.fixture
def ssh_dir(tmp_path):
    return tmp_path / "ssh"


@pytest.fixture
def host(tmp_path, ssh_dir):
    with ssh_host(home=tmp_path / "home", ssh_dir=ssh_dir) as host:
        yield host


@pytest.fixture
def connect(host, ssh_dir):
    """Log in as the demo's site does; keywords replace how."""

    def connect(**changes):
        trusting = {
            "username": "deploy",
            "client_keys": [ssh_dir / "id_ed25519"],
            "known_hosts": str(ssh_dir / "known_hosts"),
            "config": None,
            "agent_path": None,
        }
        return asyncssh.connect("127.0.0.1", host.port, **{**trusting, **changes})

    return connect


async def test_it_runs_commands_at_home_and_keeps_who_had_them_run(connect, host):
    (host.home / "VERSION").write_text("4.2\n")
    async with connect() as connection:
        found = await connection.run("cat VERSION")
        missed = await connection.run("cat NOTHING; exit 3")

    assert (found.stdout, found.exit_status) == ("4.2\n", 0)
    assert "NOTHING" in missed.stderr
    assert missed.exit_status == 3
    assert host.visits == [
        ("deploy", "cat VERSION"),
        ("deploy", "cat NOTHING; exit 3"),
    ]


async def test_it_lets_nobody_in_with_another_key(connect, host):
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(client_keys=[stranger])

    assert host.visits == []


async def test_its_key_is_not_that_of_another_run(connect, tmp_path):
    other = tmp_path / "other"
    with (
        ssh_host(home=tmp_path / "elsewhere", ssh_dir=other),
        pytest.raises(asyncssh.HostKeyNotVerifiable),
    ):
        await connect(known_hosts=str(other / "known_hosts"))


def test_nobody_else_may_read_the_key(host, ssh_dir):
    assert (ssh_dir / "id_ed25519").stat().st_mode & 0o077 == 0
