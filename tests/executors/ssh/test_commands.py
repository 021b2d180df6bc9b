from __future__ import annotations

import asyncio
import hashlib

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.ssh.output import MAX_OUTPUT
from tests.executors.ssh.jobs import until


async def test_a_command_s_output_is_the_result(run):
    result = await run("echo hello; echo there")
    assert result.pop("duration_ms") > 0
    assert result == {"output": "hello\nthere\n", "exit_status": 0}


async def test_output_is_logged_line_by_line_as_it_comes(run, ctx):
    await run("echo one; printf two >&2; printf 'no end'")
    assert ctx.texts() == ["one", "no end"]
    assert ctx.texts("stderr") == ["two"]


async def test_a_line_that_is_redrawn_shows_while_it_is(run, ctx, tmp_path):
    go = tmp_path / "go"
    cmd = f"""
        printf '1%%\\r'; sleep 1; printf '2%%\\r'
        while ! test -e {go}; do sleep 0.02; done
        printf '3%%\\n'"""
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(run(cmd))
        await until(ctx.texts)
        go.touch()
    assert ctx.texts() == ["1%", "3%"]


async def test_progress_lines_set_the_progress_and_are_not_logged(run, ctx):
    result = await run("echo ::progress 0.4 halfway; echo ::progress 1; echo done")
    assert ctx.progress == [(0.4, {"text": "halfway"}), (1.0, {})]
    assert ctx.texts() == ["done"]
    assert result["output"].startswith("::progress 0.4")


async def test_a_large_output_is_logged_complete_and_in_order(run, ctx):
    result = await run("seq 1 100000; echo end >&2")
    assert ctx.texts() == [str(number) for number in range(1, 100_001)]
    assert ctx.texts("stderr") == ["end"]
    assert result["truncated"] is True
    assert len(result["output"]) == MAX_OUTPUT


async def test_one_line_of_5_mb_arrives_whole(run, ctx):
    await run("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo after")
    assert [len(text) for text in ctx.texts()] == [5_000_000, 5]


async def test_what_is_not_text_and_what_no_database_stores_is_replaced(run, ctx):
    result = await run(r"printf 'a\000b\377c\n'")
    assert result["output"] == "a\ufffdb\ufffdc\n"


async def test_a_character_is_not_cut_in_two(run):
    result = await run("printf x; yes é | tr -d '\\n' | head -c 100001")
    assert result["truncated"] is True
    assert set(result["output"]) == {"x", "é"}


@pytest.mark.parametrize("supervise", [False, True])
async def test_a_command_gets_its_environment(run, supervise):
    value = 'it\'s "$HOME"\n`x` \\n ü'
    result = await run(
        'printf %s "$GREETING"', env={"GREETING": value}, supervise=supervise
    )
    assert result["output"] == value


@pytest.mark.parametrize("supervise", [False, True])
@pytest.mark.parametrize("text", ["", "one\ntwo", "é" * 100_000])
async def test_a_command_reads_its_stdin_to_the_end(run, supervise, text):
    result = await run("sha256sum", stdin=text, supervise=supervise)
    assert result["output"].split()[0] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("supervise", [False, True])
async def test_without_stdin_a_command_reads_nothing(run, supervise):
    assert (await run("cat; echo done", supervise=supervise))["output"] == "done\n"


@pytest.mark.parametrize("supervise", [False, True])
async def test_a_command_need_not_read_its_stdin(run, supervise):
    result = await run("echo done", stdin="x" * 1_000_000, supervise=supervise)
    assert result["output"] == "done\n"


@pytest.mark.parametrize("supervise", [False, True])
async def test_a_command_may_be_any_text_that_the_shell_takes(run, supervise):
    cmd = "cat <<'END'\nit's \\\\ \"$HOME\" !\nEND\necho 'é'"
    result = await run(cmd, supervise=supervise)
    assert result["output"] == 'it\'s \\\\ "$HOME" !\né\n'


async def test_a_server_of_unknown_kind_is_sent_the_command_as_it_is(run, server):
    await run("echo hello", env={"A": "b"})
    assert server.commands == ["echo hello"]
    assert server.envs == [{"A": "b"}]


async def test_an_exit_status_fails_the_attempt_with_the_last_lines_of_stderr(
    run, server
):
    with pytest.raises(ExecutorError) as failed:
        await run("seq 1 30 >&2; exit 3")
    assert str(failed.value) == (
        f"the command on deploy@127.0.0.1:{server.port} ended with exit status 3: 30"
    )
    stderr = "\n".join(str(number) for number in range(11, 31))
    assert failed.value.details == {"exit_status": 3, "stderr": stderr}


@pytest.mark.parametrize("supervise", [False, True])
async def test_a_signal_is_reported(run, supervise):
    with pytest.raises(ExecutorError, match=r"ended with signal KILL$") as failed:
        await run("kill -9 $$", supervise=supervise)
    assert failed.value.details == {
        "exit_status": None,
        "exit_signal": "KILL",
        "stderr": "",
    }


async def test_with_check_off_any_end_is_a_result(run):
    assert (await run("exit 3", check=False))["exit_status"] == 3
    killed = await run("kill -TERM $$", check=False)
    assert (killed["exit_status"], killed["exit_signal"]) == (None, "TERM")


async def test_a_server_that_runs_no_commands_fails_the_attempt(run, server):
    server.refuses_commands = True
    with pytest.raises(ExecutorError, match="did not start the command"):
        await run("true")


async def test_an_end_without_a_status_fails_the_attempt(run, server):
    server.tells_ends = False
    with pytest.raises(ExecutorError, match="without an exit status"):
        await run("true")


async def test_what_a_chain_adds_to_a_payload_is_left_aside(run):
    result = await run("echo on", previous_result={"a": 1}, previous_job_id="x")
    assert result["output"] == "on\n"


BAD = [
    ({"host": None}, "payload.host: is missing"),
    ({"host": 5}, "payload.host: must be text, not int"),
    ({"host": "a b"}, "payload.host: must be a name or an address, nothing else"),
    ({"host": "root@web"}, "payload.host: must be a name or an address, nothing else"),
    ({"cmd": ""}, "payload.cmd: is empty; leave it out or fill it in"),
    ({"cmd": ["ls"]}, "payload.cmd: must be text, not list"),
    ({"cmd": "a\x00b"}, "payload.cmd: contains NUL or a lone surrogate"),
    ({"port": "22"}, "payload.port: must be a whole number from 1 to 65535"),
    ({"port": True}, "payload.port: must be a whole number from 1 to 65535"),
    ({"port": 70000}, "payload.port: must be a whole number from 1 to 65535"),
    ({"env": ["A=b"]}, "payload.env: must be a dict, not list"),
    ({"env": {"A B": "c"}}, "payload.env: names of variables are letters, digits and"),
    ({"env": {"A": 1}}, "payload.env.A: must be text, not int"),
    ({"env": {"A": "\x00"}}, "payload.env.A: contains NUL or a lone surrogate"),
    ({"stdin": 5}, "payload.stdin: must be text, not int"),
    ({"check": "no"}, "payload.check: must be true or false, not str"),
    ({"supervise": 1}, "payload.supervise: must be true or false, not int"),
    (
        {"verify_host": False},
        "payload.verify_host: is not known; the keys are host, cmd",
    ),
    ({"password": "secret"}, "payload.password: is not known; the keys are host, cmd"),
    (
        {"credential": "nobody"},
        "payload.credential: 'nobody' is not configured; there are: none",
    ),
    (
        {"host_key": "garbage"},
        "host_key is not a public key, such as `ssh-ed25519 AAAA…`",
    ),
    (
        {"key_path": "/no/such/key"},
        "key file /no/such/key does not exist on the worker",
    ),
    ({"key_path": "/proc"}, "key file /proc cannot be read: Is a directory"),
    ({"key_path": "/etc/hostname"}, "key file /etc/hostname cannot be used: Invalid"),
    ({"host": "." * 5}, "cannot connect to deploy@....."),
]


@pytest.mark.parametrize(("fault", "told"), BAD)
async def test_a_bad_payload_is_discarded_with_one_sentence(run, fault, told):
    given = {"cmd": "true", **fault}
    with pytest.raises(DiscardJob) as discarded:
        await run(given.pop("cmd"), **given)
    assert str(discarded.value).startswith(told)
    assert "secret" not in str(discarded.value)
