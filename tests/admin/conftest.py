from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from pyjobkit_django.monitor.figures import forget_overviews

#: The permissions of the people who look after jobs.
VIEWER = ("view_job", "view_workerrecord")
OPERATOR = (*VIEWER, "cancel_job", "requeue_job", "run_job", "drain_workerrecord")


@pytest.fixture(autouse=True)
def _no_numbers_from_before():
    """Ids of rolled back rows may come again, so nothing tells old counters from new."""
    forget_overviews()


@pytest.fixture
def person(db):
    """Make a member of the staff who has some permissions of our app."""

    def make(*codenames, **fields):
        number = get_user_model().objects.count()
        user = get_user_model().objects.create_user(
            f"person-{number}", is_staff=True, **fields
        )
        found = Permission.objects.filter(
            content_type__app_label="pyjobkit_django", codename__in=codenames
        )
        assert len(found) == len(set(codenames))
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def browse(client, person):
    """Log somebody in; return the client."""

    def as_somebody(*codenames, **fields):
        client.force_login(person(*codenames, **fields))
        return client

    return as_somebody


@pytest.fixture
def root(browse):
    """Return the client of somebody who may do everything."""
    return browse(is_superuser=True)
