"""The environment that commands get: what every program needs, none of the secrets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

#: What commands get of the worker's environment, and all names that start with LC_.
INHERITED: Final = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TMPDIR", "TZ"}
)

#: What decides which code an allowed command runs: names, and how names start.
STEERING: Final = frozenset(
    {"PATH", "HOME", "SHELL", "ENV", "IFS", "CDPATH", "SHELLOPTS", "PS4", "ZDOTDIR"}
    | {"EDITOR", "VISUAL", "PAGER", "BROWSER", "TMPDIR"}
    | {"CLASSPATH", "JDK_JAVA_OPTIONS", "LOCPATH", "XDG_CONFIG_HOME"}
)
STEERING_PREFIXES: Final = (
    *("LD_", "DYLD_", "GCONV_", "GLIBC_", "MALLOC_", "BASH", "GIT_", "SSH_", "PIP_"),
    *("PYTHON", "PERL", "RUBY", "GEM_", "BUNDLE_", "NODE_", "NPM_", "npm_"),
    *("JAVA_", "_JAVA_", "PHP", "LUA_", "DOTNET_"),
)


def base_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the harmless part of ``environ``, which always has a PATH."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in INHERITED or name.startswith("LC_")
    }
    return {"PATH": os.defpath, **kept}


def steering(names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that could make an allowed command run other code."""
    return sorted(
        name for name in names if name in STEERING or name.startswith(STEERING_PREFIXES)
    )
