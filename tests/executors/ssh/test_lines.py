from __future__ import annotations

import pytest

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.progress_lines import parse_progress
from pyjobkit_django.executors.ssh.lines import MAX_LINE_BYTES, Lines
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.target import target_of


def lines_in(*chunks):
    lines = Lines()
    fed = [line for chunk in chunks for line in lines.feed(chunk)]
    return [*fed, *lines.end()]


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([], []),
        ([b"one\n"], ["one"]),
        ([b"o", b"ne\r", b"\ntw", b"o"], ["one", "two"]),
        ([b"\n\nx"], ["", "", "x"]),
        (["é".encode()[:1], "é\n".encode()[1:]], ["é"]),
        ([b"10 %\r50 %\r100 %\r\n"], ["100 %"]),
        ([b"\xff\n"], ["\ufffd"]),
    ],
)
def test_a_stream_is_cut_into_lines_however_it_comes(chunks, lines):
    assert lines_in(*chunks) == lines


def test_a_line_without_end_comes_in_pieces():
    half = b"x" * (MAX_LINE_BYTES // 2)
    assert [len(line) for line in lines_in(half, half, b"x\n")] == [MAX_LINE_BYTES, 1]


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("::progress 0.4", (0.4, "")),
        ("::progress 0.4  half of it ", (0.4, "half of it")),
        ("::progress 7", (1.0, "")),
        ("::progress -1", (0.0, "")),
        ("::progress inf", (1.0, "")),
        ("::progress 1 a\x00b", (1.0, "a\ufffdb")),
        ("::progress", None),
        ("::progress nan", None),
        ("::progress half", None),
        ("::progressive 0.4", None),
        (" ::progress 0.4", None),
        ("", None),
    ],
)
def test_a_progress_line_is_told_from_others(line, progress):
    assert parse_progress(line) == progress


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"host": "web1"}, "web1"),
        ({"host": "web1", "port": 22, "username": "deploy"}, "deploy@web1"),
        ({"host": "::1", "port": 2222}, "[::1]:2222"),
    ],
)
def test_a_target_reads_as_people_write_it(payload, shown):
    assert str(target_of(payload, SSHOptions())) == shown


def test_a_host_key_must_be_text():
    with pytest.raises(DiscardJob, match=r"payload\.host_key: must be text, not list"):
        target_of({"host": "web1", "host_key": []}, SSHOptions())
