"""Columns, indexes and constraints that mean the same on every database."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, override

from django.db import models
from django.db.models.lookups import Exact

from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.payload import MAX_INTEGER, MIN_INTEGER


class StatusLiteral(models.Value):
    """A status written into the SQL text, so that planners can use a partial index."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str, ...]]:
        """Return the quoted word."""
        return f"'{JobStatus(self.value)}'", ()


def status_is(status: JobStatus) -> Exact[Any]:
    """Return the condition that a job has this status, fit for a partial index."""
    return Exact(models.F("status"), StatusLiteral(status))


class ExactCharField(models.CharField):  # type: ignore[type-arg] # generic in stubs alone
    """Text that equals only itself; MySQL's own collations ignore case and final blanks."""

    @override
    def db_parameters(self, connection: Any) -> Any:
        """Name the collation where the database's own may be laxer."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            is_mariadb = connection.mysql_is_mariadb
            exact = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
            return {**parameters, "collation": exact}
        return parameters


class JSONDecoder(json.JSONDecoder):
    """Reads numbers beyond 64 bits as floats: PostgreSQL writes 1e22 as its digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, parse_int=_number)


class TagsField(models.JSONField):
    """A set of short words, kept as an object so that every database can search it."""

    def from_db_value(
        self, value: Any, expression: Any, connection: Any
    ) -> tuple[str, ...]:
        """Return the tags in order."""
        return tuple(sorted(super().from_db_value(value, expression, connection) or ()))

    @override
    def get_db_prep_value(
        self, value: Any, connection: Any, prepared: bool = False
    ) -> Any:
        """Write the tags as keys."""
        if isinstance(value, Collection) and not isinstance(value, (str, dict)):
            value = dict.fromkeys(value, 1)
        return super().get_db_prep_value(value, connection, prepared)


class PartialIndex(models.Index):
    """An index of the rows that meet ``where``.

    Databases without partial indexes get a plain one over ``otherwise``, or none.
    """

    def __init__(
        self, *, where: models.Q, otherwise: Collection[str] = (), **options: Any
    ) -> None:
        super().__init__(**options)
        self.where = where
        self.otherwise = tuple(otherwise)

    def deconstruct(self) -> Any:
        """Add our two arguments to what a migration writes."""
        path, args, options = super().deconstruct()
        ours = {"where": self.where, "otherwise": self.otherwise}
        return path, args, {**options, **ours}

    def create_sql(
        self, model: Any, schema_editor: Any, using: str = "", **options: Any
    ) -> Any:
        """Return the statement for the database in hand."""
        index = self._on(schema_editor.connection)
        if index is None:
            return _no_index(self.name)
        return index.create_sql(model, schema_editor, using=using, **options)

    def remove_sql(self, model: Any, schema_editor: Any, **options: Any) -> Any:
        """Return the statement that undoes ``create_sql``."""
        if self._on(schema_editor.connection) is None:
            return _no_index(self.name)
        return super().remove_sql(model, schema_editor, **options)

    def _on(self, connection: Any) -> models.Index | None:
        if connection.features.supports_partial_indexes:
            return models.Index(
                fields=self.fields, name=self.name, condition=self.where
            )
        if self.otherwise:
            return models.Index(fields=self.otherwise, name=self.name)
        return None


class UniqueWhenSet(models.UniqueConstraint):
    """Values are unique; NULLs are many, and stay out of the index where that can be."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(fields=[field], name=name)

    def deconstruct(self) -> Any:
        """Write our own arguments into migrations."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (), {"field": self.fields[0], "name": self.name}

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the part of CREATE TABLE for the database in hand."""
        return self._on(schema_editor.connection).constraint_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement for the database in hand."""
        return self._on(schema_editor.connection).create_sql(model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that undoes ``create_sql``."""
        return self._on(schema_editor.connection).remove_sql(model, schema_editor)

    def _on(self, connection: Any) -> models.UniqueConstraint:
        condition = None
        if connection.features.supports_partial_indexes:
            condition = models.Q(**{f"{self.fields[0]}__isnull": False})
        return models.UniqueConstraint(
            fields=self.fields, name=self.name, condition=condition
        )


def _no_index(name: str) -> str:
    # Django's schema editor wants a statement for every index there is.
    return f"SELECT 1 /* {name}: this database has no partial indexes */"


def _number(digits: str) -> int | float:
    number = int(digits)
    return number if MIN_INTEGER <= number <= MAX_INTEGER else float(digits)
