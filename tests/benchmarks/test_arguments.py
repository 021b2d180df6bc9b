"""The command line of the benchmarks says what it can measure."""

from __future__ import annotations

import pytest

from benchmarks.arguments import parse

pytestmark = pytest.mark.once

PARTS = ["drain", "latency"]
PEERS = ["PGQueuer", "Oban for Python"]


def test_all_parts_are_measured_unless_some_are_named():
    assert parse(["ours"], parts=PARTS, peers=PEERS).only == PARTS
    assert parse(["ours", "--only", "drain"], parts=PARTS, peers=PEERS).only == [
        "drain"
    ]


def test_peers_are_named_with_commas_between_them():
    words = ["peers", "--only", "PGQueuer, Oban for Python", "--scale", "0.5"]

    options = parse(words, parts=PARTS, peers=PEERS)

    assert (options.only, options.scale) == (PEERS, 0.5)


def test_an_unknown_name_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        parse(["ours", "--only", "drains"], parts=PARTS, peers=PEERS)

    assert "drains: not among drain, latency" in capsys.readouterr().err


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        parse([], parts=PARTS, peers=PEERS)

    assert "command" in capsys.readouterr().err
