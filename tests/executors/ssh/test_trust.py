"""Who the host is, and who we are to it."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from pyjobkit_django.errors import ConfigError, DiscardJob
from pyjobkit_django.executors.ssh import SSHExecutor


def public(key):
    return key.export_public_key().decode().strip()


async def attempt(executor, payload, ctx):
    return await executor.run(job_id=None, payload=payload, ctx=ctx)


async def test_an_unknown_host_is_refused(
    make_executor, payload, server, ctx, tmp_path
):
    executor = make_executor(known_hosts=tmp_path / "none")
    with pytest.raises(DiscardJob) as discarded:
        await attempt(executor, payload("echo no"), ctx)
    assert str(discarded.value) == (
        f"host key of 127.0.0.1:{server.port} is not known; add it to known_hosts "
        f"({tmp_path}/none) or pin host_key "
        f"(it offers ssh-ed25519 {server.host_key.get_fingerprint()})"
    )
    assert server.commands == []


async def test_a_changed_host_key_is_refused(
    make_executor, payload, server, keys, ctx, known_hosts
):
    known_hosts.write_text(server.known_hosts_line(keys["other_host"]))
    with pytest.raises(DiscardJob) as discarded:
        await attempt(make_executor(), payload("echo no"), ctx)
    assert str(discarded.value).startswith(
        f"host key of 127.0.0.1:{server.port} has changed (it offers ssh-ed25519 "
    )
    assert server.commands == []


async def test_a_host_key_of_another_kind_than_the_known_one_is_a_change(
    make_executor, payload, server, ctx, known_hosts
):
    known_hosts.write_text(
        server.known_hosts_line(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    )
    with pytest.raises(DiscardJob, match="has changed: it has none of the kind"):
        await attempt(make_executor(), payload("echo no"), ctx)


async def test_a_revoked_host_key_is_refused(
    make_executor, payload, server, keys, ctx, known_hosts
):
    known_hosts.write_text(
        "@revoked "
        + server.known_hosts_line()
        + server.known_hosts_line(keys["other_host"])
    )
    with pytest.raises(DiscardJob, match="is not trusted: Host key is revoked"):
        await attempt(make_executor(), payload("echo no"), ctx)


async def test_known_hosts_may_be_several_files(
    make_executor, payload, ctx, known_hosts, tmp_path
):
    executor = make_executor(known_hosts=[tmp_path / "none", str(known_hosts)])
    assert (await attempt(executor, payload("echo yes"), ctx))["output"] == "yes\n"


async def test_a_known_hosts_file_that_makes_no_sense_is_named(
    make_executor, payload, ctx, known_hosts
):
    known_hosts.write_text("nonsense\n")
    with pytest.raises(DiscardJob, match=r"known_hosts .* cannot be read"):
        await attempt(make_executor(), payload("echo no"), ctx)


async def test_a_pinned_key_is_all_that_counts(
    make_executor, payload, server, keys, ctx, tmp_path
):
    executor = make_executor(known_hosts=tmp_path / "none")
    pinned = payload("echo yes", host_key=public(server.host_key))
    assert (await attempt(executor, pinned, ctx))["output"] == "yes\n"


@pytest.mark.parametrize("verify", [True, False])
async def test_another_key_than_the_pinned_one_is_refused(
    make_executor, payload, keys, ctx, verify
):
    pinned = payload("echo no", host_key=public(keys["other_host"]))
    with pytest.raises(DiscardJob, match=r"is not the one that is pinned .it offers"):
        await attempt(make_executor(verify_host=verify), pinned, ctx)


async def test_a_host_without_a_key_of_the_pinned_kind_is_refused(
    make_executor, payload, ctx
):
    other = public(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    with pytest.raises(DiscardJob, match="is not the one that is pinned"):
        await attempt(make_executor(), payload("echo no", host_key=other), ctx)


async def test_verification_is_off_where_the_option_says_so(
    make_executor, payload, ctx, tmp_path
):
    executor = make_executor(known_hosts=tmp_path / "none", verify_host=False)
    assert (await attempt(executor, payload("echo yes"), ctx))["output"] == "yes\n"


async def test_a_wrong_key_is_refused(executor, payload, server, keys, ctx, tmp_path):
    keys["stranger"].write_private_key(tmp_path / "stranger")
    wrong = payload("echo no", key_path=str(tmp_path / "stranger"))
    with pytest.raises(DiscardJob) as discarded:
        await attempt(executor, wrong, ctx)
    assert str(discarded.value) == (
        f"deploy@127.0.0.1:{server.port} refused the login: "
        f"its user, key or password is not accepted"
    )


async def test_without_a_key_path_the_worker_s_own_keys_are_tried(
    executor, payload, keys, ctx, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    keys["user"].write_private_key(tmp_path / ".ssh" / "id_ed25519")
    own = payload("echo yes")
    del own["key_path"], own["username"]
    assert (await attempt(executor, own, ctx))["output"] == "yes\n"


@pytest.fixture
def named(make_executor, payload, ctx):
    """Return a coroutine function that runs a command with the credential ``deploy``."""

    async def run(credential, **more):
        executor = make_executor(credentials={"deploy": credential})
        bare = payload("echo yes", credential="deploy")
        del bare["username"], bare["key_path"]
        return await attempt(executor, {**bare, **more}, ctx)

    return run


@pytest.fixture(params=["openssh", "pkcs8-pem"])
def locked(request, keys, tmp_path):
    """Return the path of the user's key, encrypted as ssh-keygen and as openssl do it."""
    path = tmp_path / "locked"
    few = {"rounds": 2, "ignore_few_rounds": True}
    keys["user"].write_private_key(path, request.param, passphrase="hush", **few)
    return str(path)


async def test_a_credential_holds_user_key_and_passphrase(named, locked):
    login = {"username": "deploy", "passphrase": "hush"}
    for key_path in (locked, Path(locked)):
        assert (await named({**login, "key_path": key_path}))["output"] == "yes\n"


async def test_a_wrong_passphrase_is_told_without_showing_it(named, locked):
    for login in ({}, {"passphrase": "s3cret"}):
        with pytest.raises(DiscardJob) as discarded:
            await named({"username": "deploy", "key_path": locked, **login})
        assert str(discarded.value).startswith(f"key file {locked} cannot be used: ")
        assert "s3cret" not in repr(discarded.value)


async def test_a_credential_may_be_a_password(named, server):
    server.passwords["deploy"] = "s3cret"
    login = {"username": "deploy", "password": "s3cret"}
    assert (await named(login))["output"] == "yes\n"
    with pytest.raises(DiscardJob, match="refused the login") as discarded:
        await named({**login, "password": "wr0ng"})
    assert "wr0ng" not in repr(discarded.value)


async def test_a_credential_may_pin_the_host_key(named, keys, key_path):
    login = {"username": "deploy", "key_path": key_path}
    with pytest.raises(DiscardJob, match="not the one that is pinned"):
        await named({**login, "host_key": public(keys["other_host"])})


async def test_a_payload_fills_in_what_a_credential_leaves_open(named, key_path):
    assert (await named({"key_path": key_path}, username="anybody"))["exit_status"] == 0


@pytest.mark.parametrize("name", ["username", "key_path", "host_key"])
async def test_a_payload_may_not_change_what_a_credential_decides(named, name):
    with pytest.raises(
        DiscardJob, match=f"payload.{name}: is what the credential 'deploy'"
    ):
        await named({name: "x"}, **{name: "y"})


async def test_whoever_pins_a_key_is_not_told_a_password(named, server):
    login = {"username": "deploy", "password": "s3cret"}
    with pytest.raises(DiscardJob, match="cannot go with a credential that has a pass"):
        await named(login, host_key=public(server.host_key))


async def test_a_credential_is_used_only_where_it_may_be(named, key_path):
    login = {"username": "deploy", "key_path": key_path}
    assert (await named({**login, "hosts": ["127.*"]}))["exit_status"] == 0
    with pytest.raises(DiscardJob, match=r"'deploy' may not be used on 127.0.0.1"):
        await named({**login, "hosts": ["*.example.com"]})


async def test_only_allowed_hosts_are_connected_to(make_executor, payload, ctx):
    executor = make_executor(allowed_hosts=["*.example.com"])
    with pytest.raises(DiscardJob, match=r"127.0.0.1 is not one of allowed_hosts"):
        await attempt(executor, payload("echo no"), ctx)


BAD = [
    ({"verify_host": "false"}, "verify_host must be True or False, not 'false'"),
    ({"known_hosts": 5}, "known_hosts must be a path or a list of paths, not 5"),
    ({"connect_timeout_s": 0}, "connect_timeout_s must be a number of seconds above 0"),
    ({"grace_s": "3"}, "grace_s must be a number of seconds above 0, not '3'"),
    ({"max_sessions": 0}, "max_sessions must be a whole number above 0, not 0"),
    ({"supervise": 1}, "supervise must be True or False, not 1"),
    ({"allowed_hosts": "web1"}, "allowed_hosts must be a list of hosts, not 'web1'"),
    ({"credentials": []}, "credentials must be a dict, not list"),
    ({"credentials": {"a": "s3cret"}}, "credentials['a'] must be a dict, not str"),
    (
        {"credentials": {"a": {"key": "s3cret"}}},
        "credentials['a'] has no 'key'; there are u",
    ),
    (
        {"credentials": {"a": {"password": b"s3cret"}}},
        "credentials['a']: password must be te",
    ),
]


@pytest.mark.parametrize(("options", "told"), BAD)
def test_a_bad_option_is_refused_by_name(options, told):
    with pytest.raises(ConfigError) as refused:
        SSHExecutor(**options)
    assert str(refused.value).startswith(told)
    assert "s3cret" not in str(refused.value)


def test_options_show_no_secrets():
    login = {"username": "deploy", "password": "s3cret", "passphrase": "hush"}
    shown = repr(SSHExecutor(credentials={"deploy": login}).options)
    assert "deploy" in shown
    assert "s3cret" not in shown
    assert "hush" not in shown
