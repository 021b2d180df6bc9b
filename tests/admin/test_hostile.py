"""What a job, or a request, may bring along does no harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from pyjobkit_django.models import Job, JobAttempt, JobLog
from pyjobkit_django.outcomes import Failure, Outcome
from tests.admin import addresses
from tests.admin.scenes import log, worker
from tests.stored_jobs import queued, running

pytestmark = pytest.mark.django_db

HTML = "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>"
ANSI = "\x1b[31mred\x1b[0m\x07\x9b2J"
BIDI = "\u202egpj.exe\u202c\u2066x\u2069\u200f"
HIDDEN = "a\u200bb\ufeffc\u2028d\U000e0041"
EVIL = f"{HTML} {ANSI} {BIDI} {HIDDEN}"
ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e-\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


class Elements(HTMLParser):
    """Gathers every element of a page, with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def hostile():
    """Return the id of a job in which everything is hostile."""
    fields = {
        "payload": {"evil": EVIL, HTML: 1, "long": "x" * 200_000},
        "webhooks": {"complete": "https://hooks.example/?a=<script>"},
        "unique_key": HTML,
    }
    (job,) = running(max_attempts=2, **fields)
    failure = Failure(
        error=EVIL,
        exception_type=HTML,
        message=EVIL,
        details={"evil": EVIL},
        traceback=f"{EVIL}\n" * 3,
    )
    Job.objects.filter(pk=job.id).update(progress_meta={"text": EVIL}, progress=7.5)
    Job.objects.settle([Outcome.failed(job, failure)])
    log(job.id, EVIL, "y" * 1_000_000)
    JobLog.objects.create(job_id=job.id, version=1, seq=2, lines=[[0, HTML, BIDI]])
    return job.id


def pages(job_id):
    views = ("change", "log", "history")
    return [addresses.jobs(), *(addresses.job(job_id, view) for view in views)]


def test_a_hostile_job_is_shown_as_text(root, hostile):
    for address in pages(hostile):
        shown = root.get(address).content.decode()

        tags = [tag for tag, _ in Elements(shown).found]
        assert "alert(1)</script>" not in shown
        assert tags.count("script") == shown.count("<script src=")
        assert not [
            tag for tag, attributes in Elements(shown).found if "onerror" in attributes
        ]
        assert ACTIVE.findall(shown) == []


def test_hostile_names_are_text_wherever_they_are_listed(root, hostile):
    named = {"kind": f"{HTML} {ANSI}"[:100], "queue": BIDI, "tags": [HIDDEN, BIDI]}
    Job.objects.filter(pk=hostile).update(**named)

    (waiting,) = queued()
    Job.objects.filter(pk=waiting).update(queue=BIDI)

    for address in (addresses.jobs(), addresses.dashboard()):
        shown = root.get(address).content.decode()

        assert ACTIVE.findall(shown) == []
        assert "alert(1)</script>" not in shown


def html_in(told):
    """Yield every text of an answer in JSON, however deep."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, (dict, list)):
        for part in told.values() if isinstance(told, dict) else told:
            yield from html_in(part)


def test_what_scripts_put_into_a_page_is_as_harmless(root, hostile):
    """They put it in as HTML, as the server has escaped it."""
    live = addresses.job(hostile, "live") + "?from="
    lists = addresses.live_jobs(), addresses.live_workers()
    for address in (live, *lists, addresses.dashboard_data()):
        answer = root.get(address)
        assert answer.status_code == 200
        for shown in html_in(answer.json()):
            elements = Elements(shown).found
            assert not [tag for tag, _ in elements if tag in ("script", "img")]
            assert not [
                name
                for _, attributes in elements
                for name in attributes
                if name[:2] == "on"
            ]
            assert ACTIVE.findall(shown) == []


def test_a_page_says_what_it_left_out_and_where_that_is(root, hostile):
    shown = root.get(addresses.job(hostile)).content.decode()

    assert len(shown) < 200_000
    assert "characters are left out here." in shown
    assert addresses.job(hostile, "download", "payload") in shown
    assert "⟨U+202E⟩gpj.exe" in shown
    assert "␛[31mred" in shown


@pytest.mark.parametrize(
    "part", ["payload", "failure", "progress", "webhooks", "result"]
)
def test_a_download_is_all_of_it_as_harmless_json(root, hostile, part):
    response = root.get(addresses.job(hostile, "download", part))

    sent = response.content.decode()
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert sent.isascii()
    value = json.loads(sent)
    if part == "payload":
        assert value["long"] == "x" * 200_000


def test_a_downloaded_log_has_every_line_and_no_control_character(root, hostile):
    sent = b"".join(root.get(addresses.job(hostile, "download", "log"))).decode()

    assert "y" * 1_000_000 in sent
    assert sent.count("\n") == 3
    assert ACTIVE.findall(sent) == []


def test_a_downloaded_traceback_has_no_control_character(root, hostile):
    version = JobAttempt.objects.get(job_id=hostile).version

    response = root.get(addresses.job(hostile, "download", f"traceback-{version}"))

    sent = response.content.decode()
    assert sent.count("alert(1)") == 3
    assert ACTIVE.findall(sent) == []


@pytest.mark.parametrize(
    "part",
    ["id", "leased_by", "traceback-9", "traceback-x", "traceback-99999999999999"],
)
def test_what_is_no_part_of_a_job_is_not_found(root, hostile, part):
    assert root.get(addresses.job(hostile, "download", part)).status_code == 404


def test_pages_bear_no_script_and_no_style_of_their_own(root, hostile):
    """A strict content security policy lets them work."""
    worker(kinds=(HTML,), host=HTML)
    operation = addresses.operation("requeue")
    everything = [
        root.get(address)
        for address in (*pages(hostile), addresses.prune(), addresses.workers())
    ]
    everything.append(root.post(operation, {"_selected_action": [str(hostile)]}))

    for response in everything:
        for tag, attributes in Elements(response.content.decode()).found:
            assert tag != "style"
            assert tag != "script" or "src" in attributes
            assert not [
                name for name in attributes if name == "style" or name[:2] == "on"
            ]
            assert not str(attributes.get("href", "")).startswith("javascript:")


MALFORMED = [
    {"status": "bogus"},
    {"status": "\x00"},
    {"kind": "no blanks"},
    {"kind": "x" * 10_000},
    {"queue": "<b>"},
    {"tag": "'\"%"},
    {"worker": "nobody"},
    {"q": "\x00"},
    {"q": "x" * 10_000},
    {"q": "'; DROP TABLE pyjobkit_django_job; --"},
    {"q": "\U0001f600"},
    {"p": "-1"},
    {"p": "x"},
    {"all": "1"},
    {"o": "99.-1.x"},
    {"e": "1"},
    {"_facets": "True"},
    {"_popup": "1"},
    {"before": "x", "after": "\x00", "below": "7"},
    {"before": str(uuid4()), "after": str(uuid4())},
    {"payload__password__startswith": "h"},
    {"result__isnull": "x"},
    {"status__in": "failed", "id": "x", "pk": "x"},
    {"no_such_field": "1"},
]


@pytest.mark.parametrize("asked", MALFORMED, ids=str)
def test_a_malformed_request_for_the_list_is_answered(root, hostile, asked):
    page = root.get(addresses.jobs(**asked))

    assert page.status_code == 200
    assert ACTIVE.findall(page.content.decode()) == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"status": "bogus"}, "There is no status “bogus”; that filter was left out."),
        ({"kind": "a b"}, "“a b” cannot be a kind; that filter was left out."),
        ({"worker": "x"}, "“x” is not the id of a worker; that filter was left out."),
        (
            {"q": "x" * 300},
            f"“{'x' * 60}…” cannot be an id, a key or a kind; not search",
        ),
    ],
)
def test_what_is_wrong_with_a_filter_is_told_in_one_sentence(root, asked, told):
    assert told in root.get(addresses.jobs(**asked)).content.decode()


def test_columns_that_are_no_filters_filter_nothing(root):
    """Else a viewer could guess, letter by letter, what pages mask."""
    (job,) = running(payload={"password": "hunter2"})

    for guess in ("h", "x"):
        page = root.get(addresses.jobs(payload__password__startswith=guess))
        assert [each.pk for each in page.context["cl"].result_list] == [job.id]


@pytest.mark.parametrize("view", ["change", "log"])
@pytest.mark.parametrize("job_id", ["nonsense", uuid4(), "1", "_"])
def test_a_job_that_is_not_there_is_not_found(root, view, job_id):
    assert root.get(addresses.job(job_id, view)).status_code == 404


def test_a_part_of_a_job_that_is_not_there_is_not_found(root):
    address = addresses.job(uuid4(), "download", "payload")

    assert root.get(address).status_code == 404


@pytest.mark.parametrize(
    "path", ["%00/change/", "..%2f/change/", "a b/log/", "%F0%9F%98%80/change/"]
)
def test_an_address_that_is_none_is_not_found(root, path):
    assert root.get(addresses.jobs() + path).status_code == 404


@pytest.mark.parametrize(
    "start", ["x", "1.2", "1.2.3.4", "-1.0.0", "1." + "9" * 40 + ".0", "\x00"]
)
def test_a_malformed_place_in_the_log_is_its_beginning(root, hostile, start):
    page = root.get(addresses.job(hostile, "log"), {"from": start})

    assert page.status_code == 200
    assert len(page.context["lines"]) == 2


@pytest.mark.parametrize(
    "place",
    [
        "999999999999999999.0.0",
        "999999999999999999.999999999999999999.999999999999999999",
    ],
)
def test_a_place_beyond_the_log_holds_no_line(root, hostile, place):
    page = root.get(addresses.job(hostile, "log"), {"from": place})

    assert page.status_code == 200
    assert page.context["lines"] == []
