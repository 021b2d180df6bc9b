"""The jobs of this app; a worker finds them here by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from pyjobkit_django import DiscardJob, ExecContext, Executor, register
from reports.archive import pack, packed_of, seal
from reports.markdown import render, write_atomically
from reports.options import ReportOptions
from reports.orders import ORDERS_CSV, count_rows, read_chunks
from reports.sales import Sales, euros

CHUNK_ROWS = 200
LOG_EVERY_ROWS = 1_000


class ExportNotReadyError(Exception):
    """The orders have not been exported yet; later they will be."""


@register
class SalesReport(Executor):
    """Adds up the orders and writes a report; ReportOptions is its payload."""

    kind = "reports.sales"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        options = _options(payload)
        await ctx.log(f"report {options.name!r}, attempt {ctx.attempt}")
        await _find_export(options, ctx)
        sales = await _add_up(options, ctx)
        path = Path(settings.REPORTS_DIR, f"{options.name}.md")
        await asyncio.to_thread(write_atomically, path, render(sales))
        await ctx.log(
            f"{sales.total.orders:,} orders, {euros(sales.total.revenue)}; "
            f"{sales.skipped} rows skipped"
        )
        return {
            "rows": sales.rows,
            "skipped": sales.skipped,
            "orders": sales.total.orders,
            "revenue": euros(sales.total.revenue),
            "path": str(path),
        }


@register
class PackReport(Executor):
    """Packs the file of the job before it in a chain."""

    kind = "reports.pack"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        report = _file_before(payload)
        size = await asyncio.to_thread(pack, report)
        await ctx.log(f"{report.name} packed into {size:,} bytes")
        return {"path": str(packed_of(report)), "bytes": size}


@register
class SealReport(Executor):
    """Writes the checksum of the file of the job before it in a chain."""

    kind = "reports.seal"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        packed = _file_before(payload)
        digest = await asyncio.to_thread(seal, packed)
        await ctx.log(f"{packed.name} sealed: {digest}")
        return {"path": str(packed), "sha256": digest}


def _file_before(payload: dict[str, Any]) -> Path:
    try:
        return Path(payload["previous_result"]["path"])
    except (KeyError, TypeError):
        raise DiscardJob(
            "previous_result.path: is missing; put this behind a job that returns one"
        ) from None


def _options(payload: dict[str, Any]) -> ReportOptions:
    try:
        return ReportOptions.from_payload(payload)
    except ValueError as error:
        # Another attempt would find the same payload.
        raise DiscardJob(str(error)) from error


async def _find_export(options: ReportOptions, ctx: ExecContext) -> None:
    if ctx.attempt <= options.fail_times:
        await ctx.log("warehouse export is not there yet", stream="stderr")
        raise ExportNotReadyError("warehouse export is not there yet")


async def _add_up(options: ReportOptions, ctx: ExecContext) -> Sales:
    sales = Sales(options.only)
    total = await asyncio.to_thread(count_rows, ORDERS_CSV)
    chunks = read_chunks(ORDERS_CSV, CHUNK_ROWS)
    while chunk := await asyncio.to_thread(next, chunks, None):
        await _stop_if_cancelled(ctx)
        for fault in sales.add(chunk):
            await ctx.log(fault, stream="stderr")
        text = f"{sales.rows:,} of {total:,} rows"
        await ctx.set_progress(sales.rows / total, text=text)
        if sales.rows % LOG_EVERY_ROWS == 0:
            await ctx.log(text)
        await asyncio.sleep(options.pace_s)
    return sales


async def _stop_if_cancelled(ctx: ExecContext) -> None:
    if await ctx.is_cancelled():
        await ctx.log("cancelled; no report is written")
        raise asyncio.CancelledError
