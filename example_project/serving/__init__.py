"""What ``make serve`` runs: the site and a worker, as processes that end together."""

from __future__ import annotations
