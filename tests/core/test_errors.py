"""Problems: what may be registered and said; traces and logs: what they may hold."""

import logging
import sys
from uuid import uuid4

import pytest

from core.errors import REGISTRY, Problem, ProblemType, problem
from core.logs import QuietFormatter
from core.traces import trace_of


@pytest.fixture
def registered():
    """Whatever a test registers is taken out again."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def test_a_problem_type_is_registered_by_its_slug(registered):
    made = problem("well-full", 409, "The well is full.")
    assert REGISTRY["well-full"] is made
    assert made.uri == "/problems/well-full"


def test_the_same_slug_twice_is_a_bug(registered):
    problem("well-full", 409, "The well is full.")
    with pytest.raises(AssertionError):
        problem("well-full", 409, "The well is full.")


@pytest.mark.parametrize(
    "slug", ["", "Well", "well_full", "-well", "well-", "a--b", "9a", "a" * 65]
)
def test_what_is_no_slug_is_a_bug(registered, slug):
    with pytest.raises(AssertionError):
        problem(slug, 409, "Anything.")


@pytest.mark.parametrize("status", [200, 399, 600])
def test_a_status_that_is_no_refusal_is_a_bug(registered, status):
    with pytest.raises(AssertionError):
        problem("well-full", status, "Anything.")


def test_a_fact_cannot_take_the_place_of_a_standard_member():
    told = ProblemType("well-full", 409, "The well is full.")
    for name in ("title", "status", "instance", "request_id", "errors"):
        with pytest.raises(AssertionError):
            Problem(told, None, **{name: 1})
    wallet_id = uuid4()
    assert Problem(told, wallet_id=wallet_id, short_yen=5).facts == {
        "wallet_id": wallet_id,
        "short_yen": 5,
    }


def test_a_trace_has_classes_and_places_of_the_whole_chain_and_no_message():
    def break_it(name: str) -> None:
        try:
            {"": 0}[name]
        except KeyError as error:
            raise ValueError(f"{name} lives in Tsubame") from error

    with pytest.raises(ValueError, match="lives") as broken:
        break_it("Yamada")
    trace = trace_of(broken.value)
    assert "Yamada" not in trace
    assert "Tsubame" not in trace
    assert trace.startswith("builtins.ValueError at ")
    assert " | from builtins.KeyError at " in trace
    assert "core/test_errors.py:" in trace
    assert " break_it" in trace
    assert "\n" not in trace


def test_a_trace_tells_the_codes_that_postgresql_gave():
    class ViolationError(Exception):
        sqlstate = "23505"
        constraint_name = "entry_id_is_new"
        detail = "Key (name)=(Yamada) already exists."

    trace = trace_of(ViolationError("Yamada"))
    assert "(sqlstate=23505 constraint_name=entry_id_is_new)" in trace
    assert "Yamada" not in trace


def test_a_trace_of_a_circle_ends():
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert trace_of(one).count("|") == 4


def test_a_log_line_has_no_message_of_an_exception(capsys):
    logger = logging.getLogger("tests.quiet")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    try:
        raise_somewhere("Yamada")
    except ValueError:
        logger.exception("bug in request 7")
    logger.removeHandler(handler)
    told = capsys.readouterr().err
    assert told.startswith("ERROR bug in request 7\nbuiltins.ValueError at ")
    assert "Yamada" not in told


def raise_somewhere(name: str) -> None:
    raise ValueError(name)
