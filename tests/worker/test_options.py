from __future__ import annotations

import pytest

from pyjobkit_django.errors import ConfigError, InvalidSpecError
from pyjobkit_django.retry import DEFAULT_POLICY, FixedDelay
from pyjobkit_django.worker import LogLimits, Worker
from tests.worker.fakes import engine_for


@pytest.mark.parametrize("value", [0, -1, True, "2", float("nan"), float("inf")])
@pytest.mark.parametrize(
    "name",
    [
        "max_concurrency",
        "batch",
        "batch_size",
        "poll_interval",
        "lease_ttl",
        "queue_capacity",
        "stop_timeout",
        "watchdog_interval_s",
        "heartbeat_interval_s",
    ],
)
def test_a_number_that_is_not_above_zero_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name) as caught:
        Worker(engine_for(), **{name: value})

    assert isinstance(caught.value, ValueError)


def test_a_count_is_a_whole_number():
    with pytest.raises(ConfigError, match="max_concurrency"):
        Worker(engine_for(), max_concurrency=1.5)


def test_batch_and_batch_size_are_two_names_of_one_option():
    assert Worker(engine_for(), batch=3).options.batch == 3
    assert Worker(engine_for(), batch_size=3).options.batch == 3
    assert Worker(engine_for(), batch=3, batch_size=3).options.batch == 3
    with pytest.raises(ConfigError, match="batch=3 and batch_size=4"):
        Worker(engine_for(), batch=3, batch_size=4)


def test_a_claim_takes_as_many_as_there_are_slots_but_at_most_a_hundred():
    assert Worker(engine_for()).options.batch == 8
    assert Worker(engine_for(), max_concurrency=200).options.batch == 100


def test_names_become_sets():
    worker = Worker(engine_for(), kinds=["a", "b"], tags=("t",), queues=None)

    assert worker.kinds == {"a", "b"}
    assert worker.tags == {"t"}
    assert worker.queues is None


def test_one_text_is_not_a_list_of_names():
    with pytest.raises(ConfigError, match="kinds must be a list"):
        Worker(engine_for(), kinds="http")


def test_rate_limits_are_normalised():
    (limit,) = Worker(engine_for(), rate_limits="mail:5").rate_limits.values()

    assert (limit.max_per_second, limit.burst) == (5, 5)
    with pytest.raises(InvalidSpecError):
        Worker(engine_for(), rate_limits={"mail": 0})


def test_a_retry_policy_may_be_given_as_its_spec():
    assert Worker(engine_for()).retry_policy is DEFAULT_POLICY
    assert Worker(engine_for(), retry_policy="fixed:5").retry_policy.delay(1) == 5
    assert Worker(engine_for(), retry_policy=FixedDelay(6)).retry_policy.delay(1) == 6


def test_log_limits_let_something_through():
    assert Worker(engine_for()).options.log_limits == LogLimits()
    with pytest.raises(ConfigError, match="lines"):
        LogLimits(lines=0)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="concurrency"):
        Worker(engine_for(), concurrency=3)


def test_intervals_follow_the_lease_where_nobody_says_otherwise():
    options = Worker(engine_for(), lease_ttl=12).options

    assert (options.reap_interval_s, options.beat_interval_s) == (12, 6)
