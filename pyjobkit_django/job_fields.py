"""What each field of a job may hold; every check names the field and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.errors import InvalidJobError, InvalidSpecError
from pyjobkit_django.quoting import quoted
from pyjobkit_django.retry import MAX_DELAY_S, parse_policy

#: The longest kind, queue or tag, in characters.
MAX_NAME: Final = 128
#: The longest idempotency_key, unique_key or retry_policy, in characters.
MAX_KEY: Final = 255
MAX_TAGS: Final = 32
#: The longest URL of a webhook, in characters.
MAX_URL: Final = 2_000
#: The ends of a job that a webhook can tell of.
WEBHOOK_WORDS: Final = ("complete", "fail", "timeout")
MAX_ATTEMPTS: Final = 32_767
MAX_PRIORITY: Final = 2**31 - 1

_WEB_URL = re.compile(r"https?://[^\s/?#]\S*")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def check_name(field: str, value: Any) -> None:
    """Refuse a kind, queue or tag that is not a short plain word."""
    if not isinstance(value, str) or not _is_name(value):
        raise InvalidJobError(
            field,
            f"{quoted(value)} must be 1 to {MAX_NAME} letters, digits, dots, dashes or underscores",
        )


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME and _NAME.fullmatch(text) is not None


def check_integer(field: str, value: Any, low: int, high: int) -> None:
    """Refuse what is not a whole number from ``low`` to ``high``."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not low <= value <= high
    ):
        raise InvalidJobError(
            field, f"must be a whole number from {low} to {high}, not {quoted(value)}"
        )


def check_timeout(value: Any) -> None:
    """Refuse a timeout that is not a positive number of seconds."""
    if value is None:
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value <= MAX_DELAY_S:
        raise InvalidJobError(
            "timeout_s", f"must be a number of seconds above 0, not {quoted(value)}"
        )


def check_retry_policy(value: Any) -> None:
    """Refuse a retry policy that does not parse; a policy object is a TypeError."""
    if value is None:
        return
    if not isinstance(value, str):
        msg = (
            f"retry_policy must be a string such as 'exponential:1:2', not a "
            f"{type(value).__name__}; a policy object goes to Worker(retry_policy=…)"
        )
        raise TypeError(msg)
    if len(value) > MAX_KEY:
        raise InvalidJobError("retry_policy", f"is longer than {MAX_KEY} characters")
    try:
        parse_policy(value)
    except InvalidSpecError as error:
        raise InvalidJobError("retry_policy", str(error)) from None


def check_time(field: str, value: Any) -> None:
    """Refuse a time without a zone, which would mean another moment elsewhere."""
    if value is None:
        return
    if not isinstance(value, datetime):
        raise InvalidJobError(field, f"must be an aware datetime, not {quoted(value)}")
    if value.utcoffset() is None:
        raise InvalidJobError(
            field, f"{value} is naive; give it a zone, for example tzinfo=datetime.UTC"
        )
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise InvalidJobError(
            field, f"{value} lies outside the years 1 to 9999 in UTC"
        ) from None


def check_key(field: str, value: Any) -> None:
    """Refuse a key that is not a printable string of 1 to 255 characters."""
    if value is None:
        return
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= MAX_KEY
        or not value.isprintable()
    ):
        raise InvalidJobError(
            field, f"must be 1 to {MAX_KEY} printable characters, not {quoted(value)}"
        )


def check_parent(value: Any) -> None:
    """Refuse a parent that is not a UUID; there need be no such job."""
    if value is not None and not isinstance(value, UUID):
        raise InvalidJobError("parent", f"must be a UUID, not {quoted(value)}")


def clean_tags(value: Any) -> tuple[str, ...]:
    """Return the distinct tags in order, stripped of outer blanks."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidJobError("tags", f"must be a list of strings, not {quoted(value)}")
    tags = [tag.strip() if isinstance(tag, str) else tag for tag in value]
    for tag in tags:
        check_name("tags", tag)
    if len(set(tags)) > MAX_TAGS:
        raise InvalidJobError("tags", f"at most {MAX_TAGS} tags, not {len(set(tags))}")
    return tuple(sorted(set(tags)))


def clean_webhooks(value: Any) -> dict[str, str]:
    """Return who is told of which end, by lower-case word."""
    if not isinstance(value, Mapping):
        raise InvalidJobError(
            "webhooks", f"must be a dict of URLs, not {quoted(value)}"
        )
    cleaned = {}
    for word, url in value.items():
        if not isinstance(word, str) or word.lower() not in WEBHOOK_WORDS:
            raise InvalidJobError(
                "webhooks", f"{quoted(word)} is not one of {', '.join(WEBHOOK_WORDS)}"
            )
        if not _is_web_url(url):
            raise InvalidJobError(
                f"webhooks.{word.lower()}", f"{quoted(url)} is not an http or https URL"
            )
        cleaned[word.lower()] = url
    return cleaned


def _is_web_url(url: Any) -> bool:
    return (
        isinstance(url, str)
        and len(url) <= MAX_URL
        and url.isprintable()
        and _WEB_URL.fullmatch(url) is not None
    )


def check_flag(field: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool):
        raise InvalidJobError(field, f"must be True or False, not {quoted(value)}")


def check_delay(field: str, seconds: Any) -> float:
    """Return a wait in seconds, or refuse one that is negative or endless."""
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= MAX_DELAY_S:
        raise InvalidJobError(
            field, f"must be 0 to {MAX_DELAY_S:,.0f} seconds, not {quoted(seconds)}"
        )
    return float(seconds)
