"""Whether the demo went as it should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from demonstration.job_view import JobView, Part, Views
from demonstration.scenes.scene import Scene


@dataclass(frozen=True, slots=True)
class Finding:
    """What should be so, and all that is otherwise."""

    claim: str
    faults: tuple[str, ...]


def judge(
    scenes: Sequence[Scene], parts: Sequence[Part], views: Views
) -> list[Finding]:
    """Return a finding for each promise of the demo, the first about all of its jobs.

    Where that one is broken, no other can be looked into.
    """
    count = sum(1 + len(part.followers) for part in parts)
    jobs = Finding(
        f"each of the {count} jobs has the status and the attempts it should have",
        tuple(fault for part in parts for fault in _other_ends(part, views)),
    )
    if jobs.faults:
        return [jobs]
    return [
        jobs,
        *(
            Finding(claim, tuple(find(views)))
            for scene in scenes
            for claim, find in scene.promises().items()
        ),
    ]


def _other_ends(part: Part, views: Views) -> Iterator[str]:
    yield from _other_end(part.name, part.status, part.attempts, views.get(part.name))
    for name in part.followers:
        yield from _other_end(name, "success", 1, views.get(name))


def _other_end(
    name: str, status: str, attempts: int, view: JobView | None
) -> Iterator[str]:
    if view is None:
        yield f"{name} was never enqueued"
    elif (view.status, view.job["attempts"]) != (status, attempts):
        yield (
            f"{name} is {view.status} at attempt {view.job['attempts']}, "
            f"not {status} at attempt {attempts}: {view.last_word}"
        )
