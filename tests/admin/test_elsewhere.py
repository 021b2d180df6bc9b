"""In an admin site of another name, and with jobs in a database of their own."""

from __future__ import annotations

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path, reverse

from pyjobkit_django import enqueue
from pyjobkit_django.admin import DashboardAdmin, JobAdmin, WorkerAdmin
from pyjobkit_django.models import Dashboard, Job, WorkerRecord
from tests.admin import addresses
from tests.admin.scenes import job_of, status_of, worker
from tests.second_database import make_tables, second_database

site = AdminSite(name="backstage")
site.register(Job, JobAdmin)
site.register(WorkerRecord, WorkerAdmin)
site.register(Dashboard, DashboardAdmin)

urlpatterns = [path("backstage/", site.urls)]


@pytest.mark.django_db
@pytest.mark.urls("tests.admin.test_elsewhere")
def test_every_link_stays_in_an_admin_site_of_another_name(root):
    job_id = job_of("failed", tags=["a"])
    record = worker()
    name = "backstage:pyjobkit_django"
    selected = {"_selected_action": [str(job_id)], "page": str(job_id)}
    requeue = reverse(f"{name}_job_operation", args=["requeue"])

    pages = [
        root.get(reverse(f"{name}_job_changelist")),
        root.get(reverse(f"{name}_job_change", args=[job_id])),
        root.get(reverse(f"{name}_job_log", args=[job_id])),
        root.get(reverse(f"{name}_job_prune")),
        root.get(reverse(f"{name}_workerrecord_changelist")),
        root.get(reverse(f"{name}_dashboard_changelist")),
        root.get(reverse(f"{name}_dashboard_data")),
        root.post(requeue, selected),
    ]
    live = root.get(reverse(f"{name}_job_live", args=[job_id])).json()["regions"]
    done = root.post(requeue, {**selected, "confirmed": "yes"})

    assert "/backstage/pyjobkit_django/job/operation/" in live["operations"]
    order = root.post(
        reverse(f"{name}_job_order", args=["cancel"]), {"filters": "kind=k"}
    )
    assert "/backstage/pyjobkit_django/job/operation/" in order.content.decode()
    clone = root.get(reverse(f"{name}_job_clone", args=[job_id]))
    assert f"/backstage/pyjobkit_django/job/{job_id}/" in clone.content.decode()
    drain = root.post(reverse(f"{name}_workerrecord_drain"), {"worker": str(record.pk)})
    assert "/backstage/pyjobkit_django/workerrecord/drain/" in drain.content.decode()
    listed = root.get(reverse(f"{name}_job_live_list")).json()["rows"]
    assert "/backstage/pyjobkit_django/job/" in listed[str(job_id)]
    for page in pages:
        assert page.status_code == 200
        assert "/backstage/pyjobkit_django/job/" in page.content.decode()
        assert "/admin/pyjobkit_django/" not in page.content.decode()
    assert done["Location"] == reverse(f"{name}_job_change", args=[job_id])


@pytest.fixture
def client_apart(settings, tmp_path, django_db_setup, django_db_blocker):
    """Return a superuser's client where jobs have a database of their own.

    The mark django_db knows only the databases that stand in the settings.
    """
    settings.DATABASE_ROUTERS = ["pyjobkit_django.routers.JobsRouter"]
    with django_db_blocker.unblock(), second_database("jobs", tmp_path):
        make_tables("jobs")
        user = get_user_model().objects.create_superuser("apart")
        client = Client()
        client.force_login(user)
        yield client
        client.logout()
        user.delete()


@pytest.mark.stored
def test_jobs_of_a_database_of_their_own_are_shown_and_moved_there(client_apart):
    job_id = enqueue("apart", queue="mail")
    sent = {"_selected_action": [str(job_id)], "confirmed": "yes"}

    listed = client_apart.get(addresses.jobs(status="queued")).context["cl"].result_list
    shown = [
        client_apart.get(address).status_code
        for address in (
            addresses.job(job_id),
            addresses.job(job_id, "live"),
            addresses.job(job_id, "log"),
            addresses.job(job_id, "history"),
            addresses.workers(),
            addresses.prune(),
            addresses.dashboard(),
            addresses.dashboard_data(),
        )
    ]
    client_apart.post(addresses.operation("cancel"), sent)

    assert [job.pk for job in listed] == [job_id]
    assert shown == [200] * 8
    assert Job.objects.using("default").count() == 0
    assert status_of(job_id) == "cancelled"
    assert LogEntry.objects.get(user__username="apart").object_id == str(job_id)
