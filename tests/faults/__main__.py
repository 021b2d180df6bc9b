"""make chaos: every fault on real workers and a real PostgreSQL, and a table of the damage.

Ends with 0 where no job was lost, ended twice, ran beside itself or got stuck, and where
each recovery took a lease and two seconds at the most. The seed decides which worker is
hit and when; the machine decides the rest. What a slow machine does not come to within
ten minutes is named, and counts as a failure.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import django

from tests.faults.report import HEAD, row_of

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.setdefault("PYJOBKIT_TEST_DATABASE", "sqlite")

#: How long all of it may take, in seconds; what would take longer is not begun.
BOUND_S: Final = 590.0


def main() -> int:
    options = _options()
    print(f"seed {options.seed}\n\n{HEAD}", flush=True)
    django.setup()
    # Models, which need Django to be set up.
    from tests.faults.catalogue import FAULTS
    from tests.faults.place import own_postgresql

    chosen = [fault for fault in FAULTS if options.only.lower() in fault.name.lower()]
    folder = Path(tempfile.mkdtemp(prefix="pyjobkit-chaos-"))
    began = time.monotonic()
    broken = []
    with own_postgresql() as place:
        for number, fault in enumerate(chosen):
            if time.monotonic() - began + fault.hold_s * fault.times > BOUND_S:
                broken.append(f"{fault.name}: not acted out, for lack of time")
                continue
            promises = _act_out(fault, place, folder / f"{number:02d}", options.seed)
            broken += [f"{fault.name}: {promise}" for promise in promises]
    print(f"\n{len(chosen)} faults in {time.monotonic() - began:.0f} s, ", end="")
    if broken:
        print(f"{len(broken)} broken promises; logs and journals in {folder}")
        print("\n".join(broken))
        return 1
    print("no promise broken")
    shutil.rmtree(folder)
    return 0


def _act_out(fault: object, place: object, folder: Path, seed: int) -> Sequence[str]:
    from tests.faults.trial import Trial

    folder.mkdir()
    rng = random.Random(f"{seed} {fault.name}")
    try:
        with Trial(place, folder, fault.terms, rng) as trial:
            fault(trial)
            verdict = trial.finish()
    except AssertionError as error:
        print(f"| {fault.name} | {error} |", flush=True)
        return [str(error)]
    print(row_of(fault, trial.times, verdict), flush=True)
    return fault.broken(verdict)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--only", default="", help="a part of the names of the faults")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
