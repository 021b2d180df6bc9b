from __future__ import annotations

import pytest

from pyjobkit_django.executors.command_output.progress import Progress, progress_in


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("::progress 0.4 text", Progress(0.4, "text")),
        ("::progress 0.4", Progress(0.4)),
        ("::progress 1", Progress(1.0)),
        ("::progress\t.25  two  words ", Progress(0.25, "two  words")),
        ("::progress 1e-1", Progress(0.1)),
        ("::progress 7 too much", Progress(1.0, "too much")),
        ("::progress -1", Progress(0.0)),
        ("::progress inf", Progress(1.0)),
        ("::progress 0 nul\x00", Progress(0.0, "nul\ufffd")),
        ("::progress 0 " + "x" * 5_000, Progress(0.0, "x" * 1_000)),
    ],
)
def test_a_line_tells_how_far_the_command_is(line, progress):
    assert progress_in(line) == progress


@pytest.mark.parametrize(
    "line",
    [
        "",
        "progress 0.4",
        " ::progress 0.4",
        "::progress",
        "::progress ",
        "::progress soon",
        "::progress 40% done",
        "::progress nan",
        "::progress0.4",
        "::progressive 0.4",
    ],
)
def test_any_other_line_is_just_a_line(line):
    assert progress_in(line) is None
