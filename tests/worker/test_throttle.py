from __future__ import annotations

import math

from pyjobkit_django.limits import RateLimit
from pyjobkit_django.worker.throttle import Throttle


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_kinds_without_a_limit_are_claimed_together():
    throttle = Throttle({"a", "b"}, {"mail": RateLimit(1, 1)})

    assert throttle.shares() == [(frozenset({"a", "b"}), math.inf)]
    assert throttle.wait_s() == math.inf


def test_a_limited_kind_is_left_out_until_its_next_token():
    clock = Clock()
    throttle = Throttle({"a", "mail"}, {"mail": RateLimit(2, 3)}, clock=clock)
    mail = frozenset({"mail"})
    assert (mail, 3) in throttle.shares()

    throttle.started(mail, 3)
    assert [share.kinds for share in throttle.shares()] == [{"a"}]
    assert throttle.wait_s() == 0.5

    clock.now += 0.5
    assert (mail, 1) in throttle.shares()


def test_every_group_is_the_first_in_its_turn():
    throttle = Throttle({"a", "b"}, {"b": RateLimit(100, 100)})

    firsts = [throttle.shares()[0].kinds for _ in range(4)]
    assert firsts == [{"b"}, {"a"}, {"b"}, {"a"}]


def test_a_worker_of_limited_kinds_only_may_have_to_wait():
    throttle = Throttle({"b"}, {"b": RateLimit(1, 1)}, clock=Clock())
    throttle.started(frozenset({"b"}), 1)

    assert throttle.shares() == []
    assert throttle.groups == 1
