"""The hot verbs as single statements of PostgreSQL: text, parameters, and rows read back.

They do what the verbs of ``job_verbs`` do through the ORM, in one round trip each. Nothing
here has a connection: a cursor of Django's or one of psycopg's may run them.
"""

from __future__ import annotations

from typing import Final

from pyjobkit_django.models.postgresql.claiming import (
    Starts,
    claim_statement,
    claimed_jobs,
    has_suspect,
    in_order,
    last_places,
)
from pyjobkit_django.models.postgresql.enqueueing import Statement, enqueue_statement
from pyjobkit_django.models.postgresql.leasing import extend_statement
from pyjobkit_django.models.postgresql.reporting import (
    log_statement,
    progress_statement,
)
from pyjobkit_django.models.postgresql.settling import settle_statement

__all__ = [
    "PLANNING",
    "Starts",
    "Statement",
    "claim_statement",
    "claimed_jobs",
    "enqueue_statement",
    "extend_statement",
    "has_suspect",
    "in_order",
    "last_places",
    "log_statement",
    "progress_statement",
    "settle_statement",
]

#: For connections that run nothing else: whatever the statistics say, and they may be of
#: an empty table, rows are found through indexes. JIT takes such costs for real ones. A
#: claim of many lanes takes longer to plan than to run, so it is planned once.
PLANNING: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
