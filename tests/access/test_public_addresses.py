"""What may be connected to for somebody outside: nothing of ours, whichever way it is written."""

import pytest

from access.public_addresses import AddressRefusedError, PublicAddresses, is_public

PRIVATE = [
    "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.170", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "203.0.113.5", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
    "2002:a00:1::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "3fff::1", "not an address", "", "127.1", "0x7f000001", "2130706433", "2606:4700::1%1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_not_called(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "2606:4700::1111"],
)
def test_what_is_public_is_called(address: str):
    assert is_public(address)


class Told(PublicAddresses):
    """A name server that answers as it is told to."""

    def __init__(self, *answers: str, **more: bool) -> None:
        super().__init__(**more)
        self.answers = list(answers)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The same for every name."""
        return self.answers


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (["8.8.8.8"], "8.8.8.8"),
        (["2606:4700::1111", "8.8.8.8"], "8.8.8.8"),
        (["2606:4700::1111"], "2606:4700::1111"),
    ],
)
async def test_a_public_name_has_an_address_to_connect_to(answers: list[str], found: str):
    assert await Told(*answers).find("shop.example", 443) == found


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "unresolved"),
        (["10.0.0.1"], "private"),
        (["8.8.8.8", "10.0.0.1"], "private"),
        (["8.8.8.8", "::1"], "private"),
    ],
)
async def test_a_name_with_one_private_address_is_refused(answers: list[str], why: str):
    with pytest.raises(AddressRefusedError) as refused:
        await Told(*answers).find("shop.example", 443)
    assert refused.value.why == why


async def test_loopback_passes_where_it_is_allowed_and_nothing_else_does():
    for address in ("127.0.0.1", "::1"):
        assert await Told(address, allows_loopback=True).find("here", 1) == address
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.1"):
        with pytest.raises(AddressRefusedError):
            await Told(address, allows_loopback=True).find("here", 1)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0"])
async def test_other_spellings_of_this_machine_are_found_out(host: str):
    """The system reads them as addresses; no name server is asked."""
    with pytest.raises(AddressRefusedError) as refused:
        await PublicAddresses().find(host, 443)
    assert refused.value.why == "private"


async def test_a_name_that_nobody_has_is_unresolved():
    for host in ("nobody.invalid", "a" * 300, "..", "\udcff"):
        with pytest.raises(AddressRefusedError) as refused:
            await PublicAddresses().find(host, 443)
        assert refused.value.why == "unresolved"
