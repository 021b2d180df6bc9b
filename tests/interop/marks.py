"""What every test against pyjobkit says first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.pyjobkit import RELEASE

#: They run on the installed Django only, with what else takes its time.
against_pyjobkit = pytest.mark.slow


def import_pyjobkit() -> Any:
    """Return pyjobkit, or skip the module that asks and say why."""
    return pytest.importorskip(
        "pyjobkit",
        reason=f"pyjobkit {RELEASE} is not there: `make test` fetches it (Python >= 3.13)",
    )
