"""What comes as CAP 1.2 is read whole, or refused by name."""

import pytest

from core.errors import Problem
from notifications.read_cap import read_cap
from notifications.read_xml import MOST_BYTES, MOST_ELEMENTS
from tests.for_each import wrong
from tests.notifications.cap_rules import faults
from tests.notifications.hostile_cap import DSIG, HOSTILE, TAKEN


def is_refused(name: str) -> None:
    content, slug = HOSTILE[name]
    assert len(content) <= MOST_BYTES
    with pytest.raises(Problem) as refused:
        read_cap(content)
    assert refused.value.type.slug == slug
    assert refused.value.type.status == 422
    told = refused.value.facts.values()
    assert all(str(each).startswith("alert") or isinstance(each, int) for each in told), "no input"


def test_what_is_no_alert_of_cap_is_refused_by_name():
    assert wrong(HOSTILE, is_refused) == []


def is_read(name: str) -> None:
    content, headline = TAKEN[name]
    cap = read_cap(content)
    assert [each.headline for each in cap.infos] == [headline]
    rules = content.decode("utf-8-sig").replace(DSIG, "")
    assert faults(rules.encode()) == [], "what is taken, the standard's own rules allow"


def test_what_is_an_alert_of_cap_is_read_however_it_is_written():
    assert wrong(TAKEN, is_read) == []


def test_the_rules_of_the_tests_and_of_the_reader_refuse_alike():
    """Two readings of one standard; what only the reader asks for is named here."""
    of_ours = {
        *("text between", "sent in no year", "sent on no day", "an attribute", "nil"),
        *("a huge attribute", "10,000 attributes", "an element in a text"),
        *("a long identifier", "text turned round in it"),
    }
    alike = {
        name: content for name, (content, slug) in HOSTILE.items()
        if slug.startswith("cap-") and name not in of_ours
    }  # fmt: skip
    assert len(alike) > 25
    assert [name for name, content in alike.items() if not faults(content)] == []


def test_each_bound_can_be_reached():
    assert MOST_ELEMENTS * len("<i/>") < MOST_BYTES
