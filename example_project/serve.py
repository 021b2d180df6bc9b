"""What ``make serve`` runs: the example site with a worker, until Ctrl+C."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from serving.ports import HOST, PortError, choose_port
from serving.programs import Program
from serving.together import run_together

#: Nobody who stops the site wants to wait for reports, in seconds.
STOP_TIMEOUT_S = 2

GREETING = """
  The example site of pyjobkit_django is up.

    Site      {url}/
    Admin     {url}/admin/  (user demo, password demo)
    Database  {database}
    Site log  {log}

  A worker runs beside it; what it says follows. Stop both with Ctrl+C.
"""


def main() -> int:
    """Serve; return 0 if a signal ended it, 1 if the site or the worker ended by itself."""
    try:
        port = choose_port(os.environ.get("PORT", ""))
        _prepare(port)
    except (PortError, ImproperlyConfigured) as error:
        sys.stderr.write(f"serve: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    site, worker = _programs(port)
    return asyncio.run(
        run_together([site, worker], port=port, when_up=lambda: _greet(port, site))
    )


def _prepare(port: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["SITE_URL"] = f"http://{HOST}:{port}"
    # Both processes need the same one; a notice is signed when it is sent.
    os.environ.setdefault("PYJOBKIT_WEBHOOK_SECRET", secrets.token_urlsafe())
    django.setup()
    if not settings.DEBUG:
        raise ImproperlyConfigured(
            "DEBUG is off, and this is the development server with a well-known "
            "user; serve config.wsgi and run manage.py pyjobkit_worker instead"
        )
    from serving.preparing import prepare  # noqa: PLC0415 - needs the app registry

    prepare()


def _programs(port: int) -> Sequence[Program]:
    folder = Path(settings.REPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    site = ("runserver", "--noreload", f"{HOST}:{port}")
    worker = ("pyjobkit_worker", "--no-reload", f"--stop-timeout={STOP_TIMEOUT_S}")
    return (
        Program(name="site", arguments=site, log=folder / "site.log"),
        Program(name="worker", arguments=worker),
    )


def _greet(port: int, site: Program) -> None:
    greeting = GREETING.format(
        url=f"http://{HOST}:{port}",
        database=settings.DATABASES["default"]["NAME"],
        log=site.log,
    )
    sys.stdout.write(f"{greeting}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
