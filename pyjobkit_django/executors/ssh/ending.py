"""How a command ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """With an exit status, or by a signal such as ``TERM``; the other one is None."""

    exit_status: int | None
    exit_signal: str | None
    duration_ms: float

    @property
    def is_success(self) -> bool:
        """Whether the exit status is 0."""
        return self.exit_status == 0

    def __str__(self) -> str:
        """Return it for use in a sentence."""
        if self.exit_signal is not None:
            return f"signal {self.exit_signal}"
        return f"exit status {self.exit_status}"

    def as_json(self) -> dict[str, int | str | None]:
        """Return what a result or a failure shows of it."""
        status: dict[str, int | str | None] = {"exit_status": self.exit_status}
        return (
            status
            if self.exit_signal is None
            else status | {"exit_signal": self.exit_signal}
        )
