"""What axe-core has to say against a page: contrast, labels, roles, order."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from typing import Any


def violations(page: Any, *, besides: Collection[str] = ()) -> list[str]:
    """Return a line for each fault but some, with the first element that has it."""
    # Run beside the page's own scripts, so that its security policy need not let it in.
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["id"] not in besides
    ]
