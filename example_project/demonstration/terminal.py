"""Where the demo is shown: a terminal that can repaint, or plain lines."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console

#: What TERM says where nothing can be repainted.
DUMB = ("", "dumb", "unknown")


def make_console() -> Console:
    """Return a console that is a terminal only if repainting will be seen as such."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    live = (
        sys.stdout.isatty()
        and os.environ.get("TERM", "") not in DUMB
        and not os.environ.get("CI")
    )
    return Console(force_terminal=live, highlight=False)
