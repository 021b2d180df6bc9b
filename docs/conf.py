"""How Sphinx builds these pages; ``make docs`` runs it, warnings being errors."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyjobkit_django
from docs.generators.pages import use_django

use_django()

project = "pyjobkit_django"
author = "The pyjobkit_django authors"
project_copyright = author
release = pyjobkit_django.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generators"]

html_theme = "furo"
html_title = f"pyjobkit_django {release}"
html_show_copyright = False

#: Links such as ``guarantees.md#at-least-once`` are checked against the titles.
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
