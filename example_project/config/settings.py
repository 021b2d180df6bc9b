"""The settings of the example site; only the last part is about jobs."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from config.database import database_entry, sqlite_url

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("DEBUG", "1") == "1"
EXAMPLE_KEY = "an example has no secrets"
SECRET_KEY = os.environ.get("SECRET_KEY") or EXAMPLE_KEY
if not DEBUG and SECRET_KEY == EXAMPLE_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY: everybody knows the example's; with DEBUG=0, set SECRET_KEY to a "
        "long random text of your own"
    )
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

DATABASES = {
    "default": database_entry(
        os.environ.get("DATABASE_URL") or sqlite_url(BASE_DIR / "db.sqlite3")
    )
}
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
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if django.VERSION >= (6, 0):
    MIDDLEWARE.insert(1, "django.middleware.csp.ContentSecurityPolicyMiddleware")
    # Nothing here, nor in pyjobkit_django's pages, needs more.
    SECURE_CSP = {"default-src": ["'self'"], "frame-ancestors": ["'none'"]}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
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
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True

#: Where finished reports are put.
REPORTS_DIR = Path(os.environ.get("REPORTS_DIR") or BASE_DIR / "output")
#: Where a worker reaches this site, and the secret that signs what it sends there.
SITE_URL = os.environ.get("SITE_URL") or "http://127.0.0.1:8000"
WEBHOOK_SECRET = os.environ.get("PYJOBKIT_WEBHOOK_SECRET", "")
#: The key that this site logs in with, and the hosts it trusts.
SSH_DIR = Path(os.environ.get("SSH_DIR") or BASE_DIR / "ssh")
#: What jobs of the kind ``subprocess`` may run here, and nothing else.
SPLIT_BY_COUNTRY = BASE_DIR / "scripts" / "split_by_country.sh"

PYJOBKIT = {
    "QUEUES": ["default", "reports"],
    # Those of our own apps need no line here, nor does HTTPExecutor: a site that sends
    # to addresses that users choose names it, with {"public_only": True}.
    "EXECUTORS": {
        "pyjobkit_django.executors.SubprocessExecutor": {
            "allowed_commands": [SPLIT_BY_COUNTRY],
        },
        "pyjobkit_django.executors.SSHExecutor": {
            "known_hosts": SSH_DIR / "known_hosts",
            "allowed_hosts": ["127.0.0.1"],
            # A job names the credential; who can enqueue needs to know no secret.
            "credentials": {
                "deploy": {
                    "username": "deploy",
                    "key_path": SSH_DIR / "id_ed25519",
                    "hosts": ["127.0.0.1"],
                },
            },
        },
    },
}
