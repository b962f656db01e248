"""One person's e-mail has one key, however it is written; what could pass for it is refused."""

import pytest

from access.emails import BadEmailError, read_email


@pytest.mark.parametrize(
    "given",
    [
        "hanako@example.jp",
        "HaNaKo@Example.JP",
        "hanako@example.jp.",
        " hanako@example.jp ",
        "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "hanaKo@example.jp",  # the sign of kelvin
        "hanako@example。jp",
    ],
)
def test_spellings_of_one_address_have_one_key(given: str):
    assert read_email(given).key == "hanako@example.jp"
    assert read_email(given).address.isascii()


def test_a_domain_may_be_written_in_its_letters():
    assert read_email("info@日本.jp").key == read_email("info@xn--wgv71a.jp").key


def test_a_tag_is_another_address():
    assert read_email("hanako+shop@example.jp").key != read_email("hanako@example.jp").key


@pytest.mark.parametrize(
    "given",
    [
        *("", "@", "hanako", "hanako@", "@example.jp", "hanako@localhost", "hanako@127.0.0.1"),
        *("h..nako@example.jp", ".hanako@example.jp", "hanako.@example.jp", "ha nako@example.jp"),
        "hаnako@example.jp",  # a Cyrillic а
        "花子@example.jp",
        "hanako😀@example.jp",
        "hanako\u200b@example.jp",
        "hanako\n@example.jp",
        "hanako@exa_mple.jp",
        "hanako@-example.jp",
        "hanako@example..jp",
        "a" * 65 + "@example.jp",
        "hanako@" + "a" * 64 + ".jp",
        "a" * 10_000 + "@example.jp",
        "hanako@" + ".".join(["a" * 60] * 5) + ".jp",
        '"hanako"@example.jp',
        "hanako@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused(given: str):
    with pytest.raises(BadEmailError) as refusal:
        read_email(given)
    assert not given or given not in str(refusal.value)
