from __future__ import annotations

import random
import time

import pytest

from pyjobkit_django.executors.command_output.lines import MAX_LINE_BYTES, LineSplitter


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def lines_of(*chunks, clock=None):
    splitter = LineSplitter(clock or Clock())
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return lines + list(splitter.end())


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\n\ntwo", ["one", "", "two"]),
        (b"\n", [""]),
        (b"dos\r\n\r\nline\r\n", ["dos", "", "line"]),
        (b"twice\r\r\n", ["twice"]),
        (b"10%\r50%\r100%\n", ["100%"]),
        (b"\r10%\r50%\r100%", ["100%"]),
        (b"10%\r50%\r", ["50%"]),
        (b"\r\r\r", [""]),
        ("Grüße\n€".encode(), ["Grüße", "€"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (b"nul \x00 stays\n", ["nul \x00 stays"]),
    ],
)
def test_lines_are_the_same_however_the_bytes_arrive(written, lines):
    assert lines_of(written) == lines
    assert lines_of(*(bytes([byte]) for byte in written)) == lines
    for seed in range(20):
        cut = random.Random(seed).randint(0, len(written))
        assert lines_of(written[:cut], written[cut:]) == lines


def test_a_line_that_is_redrawn_shows_one_state_a_second():
    clock = Clock()
    splitter = LineSplitter(clock)
    shown = []
    for percent in range(101):
        clock.now += 0.125
        shown += splitter.feed(f"{percent}%\r".encode())
    shown += splitter.feed(b"\n")

    assert shown[-1] == "100%"
    assert shown[0] == "6%"
    assert len(shown) == 13
    assert len(set(shown)) == 13


def test_a_line_that_is_redrawn_takes_no_memory():
    splitter = LineSplitter(Clock())
    for _ in range(1_000):
        assert list(splitter.feed(b"\r" + b"." * 1_000)) == []

    assert splitter._held_bytes == 1_000


def test_a_line_without_an_end_comes_in_pieces():
    splitter = LineSplitter(Clock())
    pieces = []
    for _ in range(20):
        pieces += splitter.feed(b"x" * 1_000_000)
    pieces += splitter.end()

    assert [len(piece) for piece in pieces] == [9_000_000, 9_000_000, 2_000_000]
    assert len(pieces[0]) >= MAX_LINE_BYTES


def test_a_long_line_takes_no_longer_than_its_length_asks_for():
    splitter = LineSplitter()
    began = time.monotonic()
    for _ in range(5_000):
        assert list(splitter.feed(b"x" * 1_000)) == []
    assert [len(line) for line in splitter.feed(b"\n")] == [5_000_000]

    assert time.monotonic() - began < 2
