from __future__ import annotations

import logging
from importlib.metadata import EntryPoint

import pytest

from pyjobkit_django import registry
from pyjobkit_django.errors import InvalidExecutorError


class Mail:
    kind = "mail"

    async def run(self, *, job_id, payload, ctx):
        """Do nothing."""


class OtherMail(Mail):
    pass


class Post(Mail):
    kind = "post"


class Broken(Mail):
    def __init__(self):
        raise OSError("no stamps")


class Silent:
    kind = "silent"

    def run(self, *, job_id, payload, ctx):
        """Be no coroutine function."""


@pytest.fixture(autouse=True)
def _empty_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def plugins(monkeypatch):
    """Install plugins, given as name=class."""

    def install(**classes):
        points = [
            EntryPoint(name, f"{__name__}:{offered.__name__}", group)
            for name, offered in classes.items()
        ]
        loaders.update(classes)
        monkeypatch.setattr(registry, "entry_points", lambda group: points)

    loaders = {}
    group = registry.EXECUTOR_ENTRY_POINT_GROUP
    monkeypatch.setattr(EntryPoint, "load", lambda point: loaders[point.name])
    return install


def test_a_registered_class_is_made_anew_for_each_who_asks():
    assert registry.register(Mail) is Mail
    (one,), (two,) = registry.registered_executors(), registry.registered_executors()

    assert type(one) is type(two) is Mail
    assert one is not two


def test_registering_a_class_again_is_fine():
    registry.register(Mail)
    registry.register(Mail)

    assert len(registry.registered_executors()) == 1


def test_a_kind_belongs_to_the_class_that_came_first():
    registry.register(Mail)

    with pytest.raises(InvalidExecutorError, match=r"'mail' is taken by .*\.Mail"):
        registry.register(OtherMail)
    assert [type(made) for made in registry.registered_executors()] == [Mail]


@pytest.mark.parametrize(
    ("executor", "message"),
    [
        (object(), r"executor builtins\.object: kind: None must be"),
        (type("Odd", (Mail,), {"kind": "a b"}), "kind: 'a b' must be"),
        (type("Odd", (Mail,), {"kind": 5}), "kind: 5 must be"),
        (Silent, "Silent needs `async def run"),
        (Silent(), "Silent needs `async def run"),
        (type("Odd", (), {"kind": "odd"}), "Odd needs `async def run"),
    ],
)
def test_what_cannot_run_jobs_is_refused(executor, message):
    with pytest.raises(InvalidExecutorError, match=message):
        registry.check_executor(executor)


@pytest.mark.parametrize("executor", [Mail, Mail()])
def test_checking_an_executor_tells_its_kind(executor):
    assert registry.check_executor(executor) == "mail"


def test_plugins_are_found_all_or_by_name(plugins):
    plugins(mail=Mail, post=Post)

    def found(*only):
        return [type(made) for made in registry.discover_executors(*only)]

    assert found() == [Mail, Post]
    assert found(["post"]) == [Post]
    assert found([]) == []


def test_a_plugin_that_does_not_load_is_logged_and_left_out(plugins, caplog):
    plugins(broken=Broken, silent=Silent, mail=Mail)
    with caplog.at_level(logging.ERROR, "pyjobkit.registry"):
        found = list(registry.discover_executors())

    assert [type(made) for made in found] == [Mail]
    assert [record.plugin for record in caplog.records] == ["broken", "silent"]


def test_without_plugins_none_are_found():
    assert list(registry.discover_executors(["no-such-plugin"])) == []
