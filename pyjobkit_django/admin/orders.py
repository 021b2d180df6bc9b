"""What one person orders for all jobs of a search: signed, so that nobody changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core import signing

from pyjobkit_django.admin.operations import OPERATIONS, Operation
from pyjobkit_django.monitor.filtered_sets import FilteredSet
from pyjobkit_django.monitor.job_filter import JobFilter

#: For how long the page that asks may lie about, in seconds.
MAX_AGE_S: Final = 3_600

_SALT: Final = "pyjobkit_django.order"
_APP: Final = "pyjobkit_django"


class OrderError(ValueError):
    """An order that is not ours, or that may no longer be carried out; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``filters`` are those of the list's address, of jobs from ``oldest`` to ``newest``."""

    operation: str
    filters: Mapping[str, str]
    newest: str
    oldest: str
    user: str

    @classmethod
    def read(cls, signed: str, *, max_age: float | None = None) -> Self:
        """Return the order that was signed; OrderError where it was not, or is too old."""
        signer = signing.TimestampSigner(salt=_SALT)
        try:
            found: Any = signer.unsign_object(signed, max_age=max_age)
        except signing.BadSignature:
            raise OrderError("the order was not signed here, or is too old") from None
        return cls(**found)

    def signed(self) -> str:
        """Return the text that ``read`` reads."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        signer = signing.TimestampSigner(salt=_SALT)
        return signer.sign_object({**fields, "filters": dict(self.filters)})

    @property
    def what(self) -> Operation:
        """The operation."""
        return OPERATIONS[self.operation]

    @property
    def wanted(self) -> JobFilter:
        """Which jobs, but for their age."""
        return JobFilter.read({**self.filters, "made": ""})[0]

    @property
    def jobs(self) -> FilteredSet:
        """The jobs that it is about."""
        wanted = self.wanted
        admitted = frozenset([wanted.status]) if wanted.status else self.what.sources
        return FilteredSet(
            wanted=wanted,
            newest=UUID(self.newest),
            oldest=UUID(self.oldest) if self.oldest else None,
            sources=self.what.sources & admitted,
        )

    def check_permission(self) -> None:
        """Raise OrderError where who gave the order may do so no longer."""
        users = get_user_model()._default_manager  # noqa: SLF001 - Django's name for it
        user: Any = users.filter(pk=self.user).first()
        needed = [f"{_APP}.view_job", f"{_APP}.{self.what.permission}"]
        if user is None or not user.is_active or not user.has_perms(needed):
            raise OrderError("whoever gave the order has not the permission any more")

    def __str__(self) -> str:
        filters = ", ".join(f"{name} {value}" for name, value in self.filters.items())
        return f"{self.operation}: {filters or 'all jobs'}"
