"""Settings of the queues that are Django apps; BENCH_APP says which."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from tests.databases import database_entry

APP = os.environ["BENCH_APP"]
DATABASE = os.environ["PYJOBKIT_TEST_DATABASE"]
if DATABASE == "mariadb":
    from tests.databases.mariadb import use_driver

    use_driver()

_entry: dict[str, Any] = {**database_entry(DATABASE), "CONN_MAX_AGE": None}
if APP == "steady_queue":
    # Without a pool it opens a connection for every job: 0.16 instead of 0.3 k/s.
    _entry |= {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 2, "max_size": 24}}}
DATABASES = {"default": _entry}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", APP]
SECRET_KEY = "benchmarks"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"level": "ERROR", "handlers": ["console"]},
    "loggers": {
        name: {"level": "ERROR"}
        for name in ("django_tasks_db", "django.tasks", "steady_queue", "django-q")
    },
}

if APP == "django_tasks_db":
    TASKS: dict[str, Any] = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
elif APP == "steady_queue":
    from steady_queue.configuration import Configuration

    TASKS = {
        "default": {
            "BACKEND": "steady_queue.backend.SteadyQueueBackend",
            "QUEUES": ["default"],
            "OPTIONS": {},
        }
    }
    STEADY_QUEUE = Configuration.Options(
        dispatchers=[
            Configuration.Dispatcher(
                polling_interval=timedelta(seconds=1), batch_size=500
            )
        ],
        workers=[
            Configuration.Worker(
                queues=["*"],
                threads=int(os.environ.get("BENCH_THREADS", "10")),
                processes=1,
                polling_interval=timedelta(seconds=0.1),
            )
        ],
    )
elif APP == "django_q":
    Q_CLUSTER = {
        "name": "bench",
        "workers": 2,
        "orm": "default",
        "bulk": 100,
        "queue_limit": 50,
        "timeout": 60,
        "retry": 120,
        "save_limit": 0,
        "recycle": 100_000,
        "log_level": "ERROR",
        "poll": 0.2,
    }
