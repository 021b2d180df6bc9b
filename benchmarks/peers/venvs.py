"""A venv for each peer, under build/bench/venvs; quick when it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.results import FOLDER

_LIST = ["-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]


def python_of(name: str, requirements: tuple[str, ...]) -> Path:
    """Return the interpreter of a venv that has these requirements; ours for none."""
    if not requirements:
        return Path(sys.executable)
    folder = FOLDER / "venvs" / name
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    wanted = f"{sys.version}\n{'\n'.join(requirements)}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {', '.join(requirements)}", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([str(python), *install, *requirements])
        stamp.write_text(wanted)
    return python


def versions(python: Path, requirements: tuple[str, ...]) -> str:
    """Return what was installed for these requirements, with versions."""
    listed = json.loads(_run([str(python), *_LIST]))
    found = {each["name"].lower().replace("_", "-"): each["version"] for each in listed}
    names = [requirement.partition("[")[0] for requirement in requirements]
    plain = [name.split("~")[0].split(">")[0].strip() for name in names]
    return ", ".join(f"{name} {found.get(name.lower(), '?')}" for name in plain)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-1_000:]}")
    return done.stdout
