"""What axe-core has to say against a page: contrast, labels, roles, order."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from typing import Any

#: Whether nothing on the page fades or moves towards an end any more. A bar that tells
#: no number moves for ever.
SETTLED = """() => document.getAnimations().every(
    (each) => each.playState !== "running"
        || each.effect.getComputedTiming().endTime === Infinity
)"""


def violations(page: Any, *, besides: Collection[str] = ()) -> list[str]:
    """Return a line for each fault but some, with the first element that has it."""
    # A colour that is still fading into another has the contrast of neither.
    page.wait_for_function(SETTLED)
    # Run beside the page's own scripts, so that its security policy need not let it in.
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["id"] not in besides
    ]
