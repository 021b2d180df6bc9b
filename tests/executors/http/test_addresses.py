from __future__ import annotations

import httpcore
import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.http.addresses import why_refused
from pyjobkit_django.executors.http.network import CheckedNetwork
from tests.executors.http.fakes import Detour, Names

PUBLIC = "93.184.216.34"
NOT_PUBLIC = [
    ("127.0.0.1", "a loopback"),
    ("127.255.255.254", "a loopback"),
    ("::1", "a loopback"),
    ("::ffff:127.0.0.1", "a loopback"),
    ("::127.0.0.1", "a loopback"),
    ("::ffff:0:127.0.0.1", "a loopback"),
    ("64:ff9b::7f00:1", "a loopback"),
    ("2002:7f00:1::", "a loopback"),
    ("0.0.0.0", "an unspecified"),
    ("0.1.2.3", "an unspecified"),
    ("::", "an unspecified"),
    ("10.1.2.3", "a private"),
    ("172.16.0.1", "a private"),
    ("172.31.255.255", "a private"),
    ("192.168.1.1", "a private"),
    ("::ffff:192.168.1.1", "a private"),
    ("64:ff9b::a01:203", "a private"),
    ("2002:a01:203::1", "a private"),
    ("fc00::1", "a private"),
    ("fd12:3456::1", "a private"),
    ("100.64.0.1", "a carrier-grade NAT"),
    ("100.127.255.255", "a carrier-grade NAT"),
    ("224.0.0.1", "a multicast"),
    ("239.255.255.250", "a multicast"),
    ("ff02::1", "a multicast"),
    ("240.0.0.1", "a reserved"),
    ("255.255.255.255", "a reserved"),
    ("192.0.2.1", "a reserved"),
    ("198.18.0.1", "a reserved"),
    ("203.0.113.9", "a reserved"),
    ("2001:db8::1", "a reserved"),
    ("2001::1", "a reserved"),
    ("fec0::1", "a reserved"),
    ("4000::1", "a reserved"),
    ("64:ff9b:1::1", "a reserved"),
]
NEVER = [
    ("169.254.169.254", "a link-local"),
    ("169.254.0.1", "a link-local"),
    ("fe80::1", "a link-local"),
    ("fe80::1%eth0", "a link-local"),
    ("febf::1", "a link-local"),
    ("::ffff:169.254.169.254", "a link-local"),
    ("::ffff:a9fe:a9fe", "a link-local"),
    ("::169.254.169.254", "a link-local"),
    ("64:ff9b::a9fe:a9fe", "a link-local"),
    ("2002:a9fe:a9fe::1", "a link-local"),
    ("fd00:ec2::254", "a cloud's metadata"),
    ("100.100.100.200", "a cloud's metadata"),
    ("168.63.129.16", "a cloud's metadata"),
]


@pytest.mark.parametrize("public_only", [True, False])
@pytest.mark.parametrize(("address", "nature"), NEVER)
def test_an_address_that_is_never_dialled(address, nature, public_only):
    assert why_refused(address, public_only=public_only) == f"{nature} address"


@pytest.mark.parametrize(("address", "nature"), NOT_PUBLIC)
def test_an_address_that_is_not_public(address, nature):
    told = why_refused(address, public_only=True)

    assert told == f"{nature} address, and public_only is on"
    assert why_refused(address, public_only=False) is None


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "8.8.8.8", "172.32.0.1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2a00::1"],
)
def test_an_address_that_is_public(address):
    assert why_refused(address, public_only=True) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.1",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
    ],
)
async def test_public_only_refuses_every_spelling_of_loopback(run, server, host):
    with pytest.raises(
        DiscardJob, match=r"refused to connect: .* and public_only is on"
    ):
        await run({"url": server.url(host=host)}, public_only=True)

    assert server.connections == 0


@pytest.mark.parametrize("host", ["0177.0.0.1", "127.0.0.1.", "127.0.0.256"])
async def test_what_no_client_should_take_for_an_address_goes_nowhere(
    run, server, host
):
    with pytest.raises((DiscardJob, ExecutorError)):
        await run({"url": server.url(host=host)}, public_only=True)

    assert server.connections == 0


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]"]
)
async def test_the_metadata_address_is_refused_without_any_option(run, host):
    with pytest.raises(DiscardJob, match="is a link-local address"):
        await run({"url": f"http://{host}/latest/meta-data"})


@pytest.mark.parametrize(
    "authority",
    [
        "shop.test@169.254.169.254",
        "shop.test:80@169.254.169.254",
        "user:pa@ss@169.254.169.254",
        "shop.test\\@169.254.169.254",
        "shop.test;@169.254.169.254",
        "shop.test%00@169.254.169.254",
        "shop.test%2f@169.254.169.254",
        "[::1]@169.254.169.254",
        "169.254.169.254#@shop.test",
        "169.254.169.254?@shop.test",
        "169\u3002254\uff0e169.254",
        "0xa9.0xfe.0xa9.0xfe",
        "025177524776",
        "169.254.43518",
        "[fe80::1%25lo]",
        "[fe80::1%lo]",
        "[::ffff:169.254.169.254%25lo]",
        "[::169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
    ],
)
async def test_no_way_to_write_it_hides_a_link_local_address(run, authority):
    detour = Detour()

    with pytest.raises(DiscardJob, match="is a link-local address"):
        await run({"url": f"http://{authority}/"}, network=detour)

    assert detour.dialled == []


@pytest.mark.parametrize(
    "authority",
    [
        "169.254.169.254.",
        "169.254.169.254..",
        "169.254.169.254\\",
        "169.254.169.254%2eshop.test",
        "%31%36%39.254.169.254",
        "0251.0376.0251.0376",
        "\u2460\u2465\u2468.254.169.254",
        "169.254.169.254\u00ad",
        "[::ffff:169.254.169.254].",
    ],
)
async def test_what_is_neither_an_address_nor_a_name_is_not_dialled(run, authority):
    detour = Detour()

    with pytest.raises((DiscardJob, ExecutorError)):
        await run({"url": f"http://{authority}/"}, network=detour)

    assert detour.dialled == []


@pytest.mark.parametrize(
    "authority", ["169.254.169.254:80@shop.test", "shop.test#@169.254.169.254"]
)
async def test_an_address_that_is_not_the_host_does_no_harm(run, server, authority):
    detour = Detour(server.port)

    await run(
        {"url": f"http://{authority}/"},
        resolve=Names(shop=[[PUBLIC]]),
        network=detour,
    )

    assert detour.dialled == [PUBLIC]


async def test_a_metadata_name_is_refused_by_what_it_resolves_to(run):
    names = Names(metadata=[["169.254.169.254"]])

    with pytest.raises(DiscardJob) as caught:
        await run({"url": "http://metadata.google.internal/"}, resolve=names)

    assert caught.value.reason == (
        "refused to connect: metadata.google.internal resolves to 169.254.169.254, "
        "which is a link-local address"
    )


async def test_a_name_is_refused_if_any_of_its_addresses_is(run):
    names = Names(shop=[[PUBLIC, "10.0.0.5"]])
    detour = Detour()

    with pytest.raises(
        DiscardJob, match=r"shop\.test resolves to 10\.0\.0\.5, which is"
    ):
        await run(
            {"url": "http://shop.test/"},
            public_only=True,
            resolve=names,
            network=detour,
        )

    assert detour.dialled == []


async def test_a_name_that_changes_its_address_is_dialled_where_it_was_checked(
    run, make, server
):
    names = Names(shop=[[PUBLIC], ["127.0.0.1"]])
    detour = Detour(server.port)
    executor = make(public_only=True, resolve=names, network=detour)
    payload = {"url": "http://shop.test/", "headers": {"Connection": "close"}}

    await run(payload, by=executor)
    assert (names.asked["shop"], detour.dialled) == (1, [PUBLIC])
    assert server.last.headers["host"] == "shop.test"

    with pytest.raises(DiscardJob, match=r"resolves to 127\.0\.0\.1"):
        await run(payload, by=executor)
    assert (names.asked["shop"], detour.dialled) == (2, [PUBLIC])


async def test_a_kept_connection_is_not_resolved_again(run, make, server):
    names = Names(shop=[["127.0.0.1"], ["169.254.169.254"]])
    executor = make(resolve=names)

    for _ in range(3):
        await run({"url": server.url(host="shop.test")}, by=executor)

    assert names.asked["shop"] == 1
    assert server.connections == 1


async def test_the_next_address_is_tried_where_one_does_not_answer(run, server):
    detour = Detour(server.port, dead={"1.1.1.1"})
    names = Names(shop=[["1.1.1.1", "9.9.9.9"]])

    await run({"url": "http://shop.test/"}, resolve=names, network=detour)

    assert detour.dialled == ["1.1.1.1", "9.9.9.9"]


async def test_every_address_that_did_not_answer_is_named(run):
    detour = Detour(dead={"1.1.1.1", "9.9.9.9"})
    names = Names(shop=[["1.1.1.1", "9.9.9.9"]])

    with pytest.raises(ExecutorError) as caught:
        await run({"url": "http://shop.test/"}, resolve=names, network=detour)

    assert str(caught.value) == (
        "GET http://shop.test/: ConnectError: "
        "1.1.1.1 port 80: nobody there; 9.9.9.9 port 80: nobody there"
    )


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("nowhere.test", r"nowhere\.test does not resolve: no such name"),
        ("empty.test", r"empty\.test does not resolve$"),
    ],
)
async def test_a_name_that_does_not_resolve_fails_the_attempt(run, host, told):
    with pytest.raises(ExecutorError, match=told):
        await run({"url": f"http://{host}/"}, resolve=Names(empty=[[]]))


async def test_a_name_that_cannot_be_one_fails_the_attempt(run):
    with pytest.raises(ExecutorError, match="does not resolve"):
        await run({"url": f"http://{'a' * 64}.test/"})


async def test_without_a_timeout_an_address_has_all_the_time(server):
    network = CheckedNetwork(public_only=False)

    stream = await network.connect_tcp("127.0.0.1", server.port)

    assert isinstance(stream, httpcore.AsyncNetworkStream)
    await stream.aclose()
