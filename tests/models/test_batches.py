from __future__ import annotations

from types import SimpleNamespace

from pyjobkit_django.models.postgresql.batches import Column, Columns

COLUMNS = Columns(
    Column("id", "int", "id"),
    Column("word", "text", "word"),
    Column("value", "jsonb", "value", lambda value: value and str(value)),
)


def rows(*words, value=None):
    return [
        SimpleNamespace(id=number, word=word, value=value)
        for number, word in enumerate(words)
    ]


def test_what_is_alike_is_sent_once():
    batch = COLUMNS.batch_of(rows("a", "a", value=7))

    assert batch.values == ("{0,1}", "a", "7")
    assert "UNNEST(%s::int[]) AS differing (id)" in batch.source
    assert "SELECT %s::text AS word, %s::jsonb AS value" in batch.source


def test_what_differs_is_sent_as_arrays():
    batch = COLUMNS.batch_of(rows("a", "b"))

    assert batch.values == ("{0,1}", "{a,b}", None)
    assert "UNNEST(%s::int[], %s::text[]) AS differing (id, word)" in batch.source


def test_nothing_is_alike_in_an_empty_batch():
    batch = COLUMNS.batch_of([])

    assert batch.values == ("{}", "{}", "{}")
    assert "same" not in batch.source


def test_one_row_is_told_by_what_it_has():
    (row,) = rows("a")

    assert COLUMNS.values_of(row) == {"id": 0, "word": "a"}
