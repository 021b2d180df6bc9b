"""The SQL verbs of the table of jobs, sync, one concept a module.

Call them on ``Job.objects.using(alias)``; each opens the transaction it needs, and joins
the caller's where there is one.
"""

from __future__ import annotations

from pyjobkit_django.models.job_verbs.claiming import Claiming
from pyjobkit_django.models.job_verbs.leasing import Leasing
from pyjobkit_django.models.job_verbs.operating import Operating
from pyjobkit_django.models.job_verbs.settling import Settling


class JobQuerySet(Claiming, Leasing, Settling, Operating):  # type: ignore[override] # the stubs derive no manager from another
    """Every verb of ``jobs.MOVES`` as SQL."""
