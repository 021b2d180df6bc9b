"""What becomes of what a command prints, wherever the command runs."""

from __future__ import annotations

from pyjobkit_django.executors.command_output.output import CommandOutput, Read

__all__ = ["CommandOutput", "Read"]
