"""JSON that is handed to a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from pyjobkit_django.errors import ConfigError

#: What stands for standard input.
STDIN: Final = "-"


def read_file(path: str) -> Any:
    """Return the JSON in a file, or in standard input for ``-``.

    Raises ConfigError, in one sentence that names the file.
    """
    if path == STDIN:
        return read_stdin()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}") from error
    return parse(text, path)


def read_stdin() -> Any:
    """Return the JSON in standard input; ConfigError where that is none."""
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise ConfigError(f"standard input is not text: {error}") from error
    return parse(text, "standard input")


def parse(text: str, name: str) -> Any:
    """Return what the JSON means; ConfigError that says where ``name`` is wrong."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} is not JSON: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{name} is nested too deeply") from error
