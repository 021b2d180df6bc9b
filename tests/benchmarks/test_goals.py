"""Ratios are of figures of one run, each queue at its best setting."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure
from benchmarks.ours import goals as ours
from benchmarks.peers import goals as peers
from benchmarks.peers.catalogue import MORE, USUAL

pytestmark = pytest.mark.once


def _drained(subject, *rates, note="", section="Drain, PostgreSQL"):
    return Figure(section, subject, "jobs/s", rates, note)


def test_a_peer_counts_with_its_best_setting():
    figures = [
        _drained("pyjobkit_django", 3_000),
        _drained("PGQueuer", 1_000, note="batch size 100"),
        _drained("PGQueuer", 2_000, note="batch size 500"),
    ]

    (goal,) = peers.goals(figures)

    assert goal.sentence == "Drain, PostgreSQL: ours to PGQueuer"
    assert goal.value == 1.5


def test_two_workers_are_held_against_one_each_at_their_best_setting():
    figures = [
        _drained("pyjobkit_django", rate, note=f"{setting}{more}", section=section)
        for section, more, rates in (
            ("Drain, PostgreSQL", "", (100, 200)),
            ("Drain, PostgreSQL, 2 workers", ", 2 workers", (130, 220)),
        )
        for setting, rate in zip(("batch 100", "batch 500"), rates, strict=True)
    ]

    (goal,) = peers.goals(figures)

    assert goal.sentence == "Drain, PostgreSQL: our 2 workers to 1"
    assert goal.value == 1.1


def test_a_latency_counts_with_its_lowest():
    figures = [
        Figure("Idle latency, p50", "pyjobkit_django", "ms", (2,)),
        Figure("Idle latency, p50", "PGQueuer", "ms", (4,)),
        Figure("Idle latency, p99", "pyjobkit_django", "ms", (5,)),
    ]

    assert [goal.value for goal in peers.goals(figures)] == [0.5, 2.5]


def test_what_was_not_measured_has_no_goal():
    assert not list(peers.goals([_drained("PGQueuer", 1_000)]))
    assert not list(ours.goals([Figure("Drain", "1 worker", "jobs/s", (1_000,))]))


def test_our_own_ratios_are_of_medians():
    figures = [
        Figure("Flatness", "empty table", "jobs/s", (100, 200, 300)),
        Figure("Flatness", "behind mountains", "jobs/s", (180, 190, 10)),
        Figure("Held snapshot", "first 10 of 50 jobs", "jobs/s", (100,)),
        Figure("Held snapshot", "last 10 of 50 jobs", "jobs/s", (80,)),
    ]

    assert [goal.value for goal in ours.goals(figures)] == [0.9, 0.8]


def test_every_peer_has_a_program_and_a_worker():
    for peer in (*USUAL, *MORE):
        assert peer.requirements, peer.name
        assert peer.drains, peer.name
