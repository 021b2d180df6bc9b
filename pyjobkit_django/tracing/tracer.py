"""Where spans are made; without OpenTelemetry none are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from pyjobkit_django.jobs import ClaimedJob, JobSpec
from pyjobkit_django.outcomes import Outcome


class RunSpan:
    """The span of one run; this one is not there."""

    def ended(self, outcome: Outcome | None, error: BaseException | None) -> None:
        """Tell how the run ended; an outcome of None means that its lease was lost."""


NO_SPAN: Final = RunSpan()
#: A run without a span; there is one of these for all of them.
UNTRACED: Final = nullcontext(NO_SPAN)


class Tracer:
    """Makes the spans of jobs; this one makes none."""

    def enqueueing(
        self, specs: Sequence[JobSpec], *, carried: bool = True
    ) -> AbstractContextManager[Sequence[JobSpec]]:
        """Enqueue jobs in a span; what is given carries it, where the backend keeps that."""
        return nullcontext(specs)

    def executing(self, job: ClaimedJob) -> AbstractContextManager[RunSpan]:
        """Run a job in a span, as part of the trace that it was enqueued in."""
        return UNTRACED
