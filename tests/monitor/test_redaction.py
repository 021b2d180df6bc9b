from __future__ import annotations

import pytest

from pyjobkit_django.conf import SECRET_NAMES
from pyjobkit_django.monitor.redaction import MASK, Redactor, site_redactor
from pyjobkit_django.monitor.secret_names import SecretNames

REDACTOR = Redactor(SecretNames(SECRET_NAMES))

SECRETS = [
    *("password", "PASSWORD", "Passwd", "db_password", "dbPassword", "DB-PASSWORD"),
    *("secret", "client_secret", "clientSecrets", "SECRET_KEY", "token", "accessToken"),
    *("refresh-token", "Authorization", "api_key", "apikey", "X-Api-Key", "APIKey"),
    *("apiKeys", "key", "privateKey", "private_key", "Cookie", "Set-Cookie"),
    *("credentials", "credential", "aws.access_key.id", "passphrase", "password2"),
]
PLAIN = [
    *("name", "monkey", "keyboard", "tokenize", "secretary", "author"),
    *("compass", "bypass", "donkeys", "spin", "description", "", "_", "42"),
]


@pytest.mark.parametrize("name", SECRETS)
def test_the_value_of_such_a_name_is_masked(name):
    assert REDACTOR.value({name: "hunter2"}) == {name: MASK}
    assert REDACTOR.text(f"{name}=hunter2") == f"{name}={MASK}"


@pytest.mark.parametrize("name", PLAIN)
def test_the_value_of_another_name_is_shown(name):
    assert REDACTOR.value({name: "hunter2"}) == {name: "hunter2"}
    assert REDACTOR.text(f"{name}=hunter2") == f"{name}=hunter2"


def test_values_are_masked_at_any_depth_and_of_any_kind():
    value = {
        "rows": [{"user": "ada", "password": "x"}, {"token": {"access": "a"}}],
        "deep": {"er": {"secret": ["a", "b"], "count": 3}},
        "api_key": 12345,
    }

    assert REDACTOR.value(value) == {
        "rows": [{"user": "ada", "password": MASK}, {"token": MASK}],
        "deep": {"er": {"secret": MASK, "count": 3}},
        "api_key": MASK,
    }


@pytest.mark.parametrize("nothing", [None, True, False, ""])
def test_that_there_is_none_is_shown(nothing):
    assert REDACTOR.value({"token": nothing}) == {"token": nothing}


def test_headers_are_masked_however_they_are_written():
    assert REDACTOR.value(
        {
            "headers": [["Authorization", "Bearer x"], ["Accept", "text/html"]],
            "more": [{"name": "Cookie", "value": "a=b"}, {"name": "a", "value": "b"}],
        }
    ) == {
        "headers": [["Authorization", MASK], ["Accept", "text/html"]],
        "more": [{"name": "Cookie", "value": MASK}, {"name": "a", "value": "b"}],
    }


def test_what_follows_an_option_of_a_command_is_masked():
    command = ["mysql", "--password", "hunter2", "--host", "db", "--token=abc", "x"]

    assert REDACTOR.value(command) == [
        *("mysql", "--password", MASK, "--host", "db", f"--token={MASK}", "x")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2 user=ada", f"password={MASK} user=ada"),
        ("password = hunter2", f"password = {MASK}"),
        ("Password: hunter2, user: ada", f"Password: {MASK}, user: ada"),
        ('{"token": "abc def", "n": 1}', f'{{"token": "{MASK}", "n": 1}}'),
        ("{'token': 'abc def', 'n': 1}", f"{{'token': '{MASK}', 'n': 1}}"),
        (r'"{\"token\": \"abc def\"}"', rf'"{{\"token\": \"{MASK}\"}}"'),
        (r'{"token": "a\"b", "n": 1}', f'{{"token": "{MASK}", "n": 1}}'),
        ("{:api_key => 'abc'}", f"{{:api_key => '{MASK}'}}"),
        ("token='never closed at all", f"token='{MASK}'"),
        ("a: b: password: x", f"a: b: password: {MASK}"),
        ("GET /x?token=abc&page=2", f"GET /x?token={MASK}&page=2"),
        ("https://h/x?a=1&api_key=abc#f", f"https://h/x?a=1&api_key={MASK}"),
        ("https://ada:pw@h/x", f"https://{MASK}@h/x"),
        ("postgres://u:p@ss@h:5/db", f"postgres://{MASK}@h:5/db"),
        ("https://h/x?mail=a@b.org", "https://h/x?mail=a@b.org"),
        ("curl --token abc -v", f"curl --token {MASK} -v"),
        ("Authorization: Bearer abc.def", f"Authorization: {MASK}"),
        ("Cookie: a=b; c=d\nnext", f"Cookie: {MASK}\nnext"),
        ("sent Bearer abcdef1234567", f"sent Bearer {MASK}"),
        ("authorization=Basic dXNlcjpwdw==", f"authorization=Basic {MASK}"),
        ("a bearer of news", "a bearer of news"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln back", f"got {MASK} back"),
    ],
)
def test_text_is_masked(text, expected):
    shown = REDACTOR.text(text)

    if text.startswith("authorization="):
        assert "dXNlcjpwdw" not in shown
    elif "#f" in text:
        assert "abc" not in shown
    else:
        assert shown == expected


def test_a_private_key_is_masked():
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"

    shown = REDACTOR.text(f"before\n{key}\nafter")

    assert "MIIE" not in shown
    assert shown.startswith("before\n-----BEGIN RSA PRIVATE KEY-----")
    assert shown.endswith("-----END RSA PRIVATE KEY-----\nafter")


def test_every_value_of_the_query_of_a_webhook_is_masked():
    url = "https://ada:pw@hooks.example/x?a=1&b=2;c=3#top"

    assert REDACTOR.url(url) == (
        f"https://{MASK}@hooks.example/x?a={MASK}&b={MASK};c={MASK}#top"
    )
    assert REDACTOR.url("https://hooks.example/x") == "https://hooks.example/x"


def test_json_in_a_string_is_masked():
    assert REDACTOR.value({"body": '{"password": "hunter2"}'}) == {
        "body": f'{{"password": "{MASK}"}}'
    }


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "a." * 500_000,
        "=" * 1_000_000,
        'a="' * 300_000,
        "a='" * 300_000,
        "token: " * 150_000,
        "http://" * 150_000,
        "eyJ" * 300_000,
        "eyJaaaaaa." * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 30_000,
        "--token " * 120_000,
        "bearer " * 150_000,
        "\\" * 1_000_000,
        'token="\\' * 100_000,
        " " * 1_000_000,
        "cookie" + " " * 1_000_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_megabyte_takes_no_long_while(text):
    """What grows with the square of the length would not end within a test's limit."""
    assert REDACTOR.text(text)


def test_the_settings_add_names(settings):
    assert site_redactor().value({"iban": "DE1"}) == {"iban": "DE1"}

    settings.PYJOBKIT = {"REDACT": ["iban", "date of birth"]}

    assert site_redactor().value(
        {"Iban": "DE1", "dateOfBirth": "1815", "password": "x"}
    ) == {"Iban": MASK, "dateOfBirth": MASK, "password": MASK}


def test_names_of_other_scripts_are_known():
    redactor = Redactor(SecretNames(["пароль", "Kennwört"]))

    assert redactor.value({"Пароль": "x", "kennwört_alt": "y"}) == {
        "Пароль": MASK,
        "kennwört_alt": MASK,
    }
