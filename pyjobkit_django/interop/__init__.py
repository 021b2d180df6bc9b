"""pyjobkit beside us: our backend under its Engine and Worker, its pieces under ours."""

from __future__ import annotations

from pyjobkit_django.interop.pyjobkit import as_pyjobkit, from_pyjobkit

__all__ = ["as_pyjobkit", "from_pyjobkit"]
