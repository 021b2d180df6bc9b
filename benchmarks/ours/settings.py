"""The site that is measured: our app, nothing else, as production would set it."""

from __future__ import annotations

import os

from benchmarks.databases import KIND_VARIABLE
from tests.databases import database_entry

DATABASE = os.environ.get(KIND_VARIABLE, "sqlite")
if DATABASE == "mariadb":
    from tests.databases.mariadb import use_driver

    use_driver()

DATABASES = {"default": {**database_entry(DATABASE), "CONN_MAX_AGE": None}}
INSTALLED_APPS = ["django.contrib.contenttypes", "pyjobkit_django"]
SECRET_KEY = "benchmarks"
USE_TZ = True

#: One of them is worked on; the others are what the mountains stand in.
QUEUES = ["default", *(f"queue{number:02}" for number in range(50))]
PYJOBKIT = {"QUEUES": QUEUES}
