"""The database's clock, the only one that decides about jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connections, models
from django.db.models.expressions import Combinable


class DatabaseNow(models.Func):
    """The database's time at the start of the statement, in UTC, whatever the session zone.

    Django's own ``Now`` follows the session zone on MySQL and MariaDB, where stored
    times do not.
    """

    template = "STATEMENT_TIMESTAMP()"
    output_field = models.DateTimeField()

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return UTC with microseconds."""
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return UTC in the text form that Django stores, with milliseconds."""
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW')"
        return self.as_sql(compiler, connection, template=template, **context)


def seconds_from_now(wait: float | timedelta | Combinable) -> Combinable:
    """Return the expression of the moment that lies ``wait`` from now.

    ``wait`` is seconds, a timedelta or an expression of one; a negative one lies behind.
    """
    duration = timedelta(seconds=wait) if isinstance(wait, (int, float)) else wait
    return models.ExpressionWrapper(
        DatabaseNow() + duration, output_field=models.DateTimeField()
    )


def seconds_until(moment: datetime, now: datetime) -> float:
    """Return how far ahead ``moment`` is, 0.0 where it has come."""
    return max(0.0, (moment - now).total_seconds())


def database_now(using: str) -> datetime:
    """Return the present by the clock of a database."""
    connection = connections[using]
    compiler = models.sql.Query(None).get_compiler(using)
    now = DatabaseNow()
    sql, params = compiler.compile(now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        moment = cursor.fetchone()[0]
    for convert in connection.ops.get_db_converters(now):
        moment = convert(moment, now, connection)
    return cast("datetime", moment)
