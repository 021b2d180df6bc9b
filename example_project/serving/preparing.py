"""What must be there before the site and its worker start."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.management import call_command

#: Name and password of the user that a visitor logs in to the admin as.
DEMO = "demo"


def prepare() -> None:
    """Migrate the database, and make the demo user if it is missing."""
    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    if not users.filter(username=DEMO).exists():
        users.create_superuser(DEMO, password=DEMO)
