"""What the demo shows, one scene a module: its jobs, and what must have come of them."""

from __future__ import annotations

from demonstration.scenes.cancelling import Cancelling
from demonstration.scenes.chaining import Chaining
from demonstration.scenes.command import Command
from demonstration.scenes.failing import Failing
from demonstration.scenes.notice import Notice
from demonstration.scenes.remote_command import RemoteCommand
from demonstration.scenes.sales_reports import SalesReports
from demonstration.scenes.scene import Scene
from demonstration.scenes.webhook import Webhook
from demonstration.stage import Stage

SCENES: tuple[type[Scene], ...] = (
    SalesReports,
    Webhook,
    Command,
    RemoteCommand,
    Failing,
    Cancelling,
    Notice,
    Chaining,
)


def scenes_on(stage: Stage) -> list[Scene]:
    """Return all scenes."""
    return [scene(stage) for scene in SCENES]
