"""The site that the tests run in; PYJOBKIT_TEST_DATABASE names its database."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.databases import database_entry
from tests.databases.entries import without_tls

EXAMPLE = Path(__file__).resolve().parents[1] / "example_project"
sys.path.append(str(EXAMPLE))

DATABASE = os.environ.get("PYJOBKIT_TEST_DATABASE", "sqlite")
if DATABASE == "mariadb":
    from tests.databases.mariadb import use_driver

    use_driver()

DATABASES = {"default": without_tls(database_entry(DATABASE))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "pyjobkit_django",
    "reports",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECRET_KEY = "tests"
USE_TZ = True

PYJOBKIT = {"QUEUES": ["default", "reports", "mail"]}

REPORTS_DIR = EXAMPLE / "output"
SITE_URL = "http://127.0.0.1:8000"
WEBHOOK_SECRET = ""
