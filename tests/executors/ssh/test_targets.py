from __future__ import annotations

import pytest

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.payload_fields import Fields
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.target import target_of


def target(**payload):
    return target_of(Fields(payload, known=payload), SSHOptions())


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"host": "web1"}, "web1"),
        ({"host": "web1", "port": 22, "username": "deploy"}, "deploy@web1"),
        ({"host": "::1", "port": 2222}, "[::1]:2222"),
    ],
)
def test_a_target_reads_as_people_write_it(payload, shown):
    assert str(target(**payload)) == shown


def test_a_host_key_must_be_text():
    with pytest.raises(DiscardJob, match=r"payload\.host_key: must be text, not list"):
        target(host="web1", host_key=[])
