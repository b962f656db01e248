"""The network of an address: its neighbours share it, and its limits."""

import pytest
from starlette.requests import Request

from api.sign_in_region import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2200::1", "2001:db8:1:2200::/56"),
        ("2001:db8:1:22ff:1:2:3:4", "2001:db8:1:2200::/56"),
        ("2001:db8:1:2300::1", "2001:db8:1:2300::/56"),
        ("a name", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_has_its_network(address: str, network: str):
    scope = {"type": "http", "headers": [], "client": (address, 1)}
    assert network_of(Request(scope)) == network
