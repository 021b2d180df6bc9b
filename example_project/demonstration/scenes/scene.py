"""What all scenes have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from demonstration.job_view import Part, Views
from demonstration.stage import Stage

#: Yields a sentence for each thing that is not as it should be.
type Check = Callable[[Views], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Scene(ABC):
    """Some jobs that show one thing."""

    stage: Stage

    @abstractmethod
    def enqueue(self) -> list[Part]:
        """Enqueue the jobs, in the transaction at hand."""

    def act(self, views: Views) -> None:  # noqa: B027 - most only watch
        """Do what has to be done while the jobs run; called again and again."""

    @abstractmethod
    def promises(self) -> Mapping[str, Check]:
        """Return what must hold once every job has ended as it should."""
