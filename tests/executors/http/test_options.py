from __future__ import annotations

import pytest

from pyjobkit_django import executors
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.executors import HTTPExecutor
from pyjobkit_django.registry import check_executor


def test_an_executor_needs_no_options():
    assert check_executor(HTTPExecutor()) == "http"


def test_pyjobkits_name_stands_for_it():
    assert executors.HttpExecutor is HTTPExecutor


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout_s": 0}, "timeout_s must be a number of seconds above 0, not 0"),
        (
            {"timeout_s": "30"},
            "timeout_s must be a number of seconds above 0, not '30'",
        ),
        ({"connect_timeout_s": float("inf")}, "connect_timeout_s must be"),
        (
            {"max_response_bytes": 0},
            "max_response_bytes must be a whole number above 0",
        ),
        ({"max_connections": 1.5}, "max_connections must be a whole number above 0"),
        ({"max_redirects": True}, "max_redirects must be a whole number above 0"),
        ({"public_only": "false"}, "public_only must be True or False, not 'false'"),
        ({"verify": 1}, "verify must be True, False or the path of CAs, not 1"),
        ({"verify": "/no/such/ca.pem"}, "verify: /no/such/ca.pem holds no CAs"),
    ],
)
def test_a_bad_option_is_refused_by_its_name(options, told):
    with pytest.raises(ConfigError, match=told):
        HTTPExecutor(**options)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="retries"):
        HTTPExecutor(retries=3)


async def test_the_user_agent_can_be_chosen(send, server):
    await send(options={"user_agent": "shop/1.0"})

    assert server.last.headers["user-agent"] == "shop/1.0"
