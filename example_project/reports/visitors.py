"""Who a browser is, so that it finds its own orders again without a login."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest


def visitor_of(request: HttpRequest) -> UUID:
    """Return the visitor that this browser's session is of; a new one has a new id."""
    return UUID(request.session.setdefault("visitor", str(uuid4())))
