"""What a command that runs jobs says on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyjobkit_django.conf import SECRET_NAMES
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.log_format import configure_logging
from pyjobkit_django.management.arguments import LOG_LEVELS
from pyjobkit_django.monitor.redaction import Redactor, site_redactor
from pyjobkit_django.monitor.secret_names import SecretNames


def log_to_stderr(options: Mapping[str, Any]) -> None:
    """Log as --verbosity and --log-format say, with secrets masked as in the admin."""
    configure_logging(
        LOG_LEVELS[options["verbosity"]],
        fmt=options["log_format"],
        mask=_redactor().value,
    )


def _redactor() -> Redactor:
    try:
        return site_redactor()
    except ConfigError:
        # The command will fail for it in a moment, and say why.
        return Redactor(SecretNames(SECRET_NAMES))
