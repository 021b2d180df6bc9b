"""The floors of the house stand, and every way through them is caught."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pyjobkit_django

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pyjobkit_django"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40

PUBLIC_NAMES = [
    "ConfigError",
    "DatabaseLogSink",
    "DiscardJob",
    "DjangoBackend",
    "Engine",
    "ExecContext",
    "Executor",
    "ExponentialBackoff",
    "FixedDelay",
    "JitteredExponentialBackoff",
    "JobRecord",
    "JobStatus",
    "MemoryBackend",
    "QueueBackend",
    "RetryPolicy",
    "SnoozeJob",
    "Worker",
    "__version__",
    "acancel",
    "achain",
    "adelete_job",
    "aenqueue",
    "aenqueue_many",
    "aget_job",
    "arequeue",
    "arun_now",
    "cancel",
    "chain",
    "delete_job",
    "enqueue",
    "enqueue_many",
    "get_job",
    "parse_policy",
    "register",
    "requeue",
    "run_now",
]

#: (what is planted, into which module, what lint-imports says of it)
VIOLATIONS = [
    pytest.param(
        "import pyjobkit_django.engine\n",
        "payload.py",
        "pyjobkit_django.payload -> pyjobkit_django.engine",
        id="an import of a higher floor",
    ),
    pytest.param(
        "def late():\n    from pyjobkit_django import engine\n",
        "events.py",
        "pyjobkit_django.events -> pyjobkit_django.engine",
        id="an import inside a function",
    ),
    pytest.param(
        "if TYPE_CHECKING:\n    from pyjobkit_django.jobs import JobSpec\n",
        "errors.py",
        "pyjobkit_django.errors -> pyjobkit_django.jobs",
        id="an import for typing only",
    ),
    pytest.param(
        "import pyjobkit_django.logs\n",
        "registry.py",
        "pyjobkit_django.registry -> pyjobkit_django.logs",
        id="an import of a neighbour",
    ),
    pytest.param(
        "",
        "novelty.py",
        "pyjobkit_django.novelty",
        id="a module without a floor",
    ),
    pytest.param(
        "from django.utils import timezone\n",
        "engine.py",
        "pyjobkit_django.engine -> django",
        id="Django in the toolkit",
    ),
    pytest.param(
        "import pyjobkit_django.models\n",
        "backends/bulk.py",
        "pyjobkit_django.backends.bulk -> pyjobkit_django.models",
        id="tables behind the memory backend",
    ),
    pytest.param(
        "import pyjobkit_django.contracts.backend\n",
        "contracts/values.py",
        "backend",
        id="a cycle within a package",
    ),
]


def test_every_import_goes_down_the_floors():
    assert lint_imports(ROOT).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("planted", "module", "told"), VIOLATIONS)
def test_the_floors_catch(tmp_path, planted, module, told):
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / PACKAGE.name / module).open("a") as file:
        file.write(f"\n{planted}")

    found = lint_imports(tmp_path)

    assert found.returncode == 1
    assert "BROKEN" in found.stdout
    assert told in found.stdout


@pytest.mark.parametrize(
    "module",
    ["pyjobkit_django", "pyjobkit_django.worker", "pyjobkit_django.backends.memory"],
)
def test_importing_it_brings_no_django(module):
    program = f"import sys, {module}; sys.exit('django' in sys.modules)"

    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_so_are_its_functions(path):
    source = path.read_text()

    assert len(source.splitlines()) <= LONGEST_MODULE
    assert [name for name, lines in functions(source) if lines > LONGEST_FUNCTION] == []


def test_the_public_names_are_chosen():
    assert pyjobkit_django.__all__ == PUBLIC_NAMES
    assert all(hasattr(pyjobkit_django, name) for name in PUBLIC_NAMES)


def lint_imports(folder):
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def functions(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1
