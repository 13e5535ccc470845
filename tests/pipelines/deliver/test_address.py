"""Which addresses a hook may reach."""

from __future__ import annotations

import pytest

from pipelines.deliver.address import allowed, refused

INSIDE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1"),
    *("224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "fec0::1"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert refused(address, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_may_be_reached(address: str) -> None:
    assert refused(address, []) is None
    assert not allowed(address, [])


def test_what_a_route_allows_may_be_reached_and_no_more() -> None:
    assert refused("10.1.2.3", ["10.1.2.0/24"]) is None
    assert refused("::ffff:10.1.2.3", ["10.1.2.0/24"]) is None
    assert refused("10.1.3.3", ["10.1.2.0/24"])
    assert refused("::1", ["127.0.0.0/8"])
