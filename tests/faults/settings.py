"""The site of the workers that are disturbed; FAULTS_DATABASE is their database's entry."""

from __future__ import annotations

import json
import os

DATABASES = {"default": json.loads(os.environ["FAULTS_DATABASE"])}
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    from tests.databases.mariadb import use_driver

    use_driver()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["pyjobkit_django"]
SECRET_KEY = "faults"
USE_TZ = True
