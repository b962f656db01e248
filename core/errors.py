"""Problem: a refusal that is told to the caller, and the register of every type of it (RFC 9457).

A refusal is not a bug. Each type is defined once, by `problem(...)`, beside the code that raises
it; clients switch on its slug, so neither slug, status nor title ever changes.
"""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

Fact = int | str | UUID | tuple[str, ...]
"""What a problem says beyond its type: a number, an id or a code. Never a name or an input."""

RESERVED: Final = frozenset(
    {"type", "title", "status", "detail", "instance", "request_id", "errors"}
)
SLUG: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of refusal: `slug` for programs, HTTP `status`, and a `title` for people."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The RFC 9457 `type`: a path that this very deployment serves as a page."""
        return f"/problems/{self.slug}"


REGISTRY: Final[dict[str, ProblemType]] = {}
"""Every problem type of the packages that were imported so far, by slug."""


def problem(slug: str, status: int, title: str) -> ProblemType:
    """Register a kind of refusal. A slug that is taken already, or is no slug, is a bug."""
    assert SLUG.fullmatch(slug), slug
    assert len(slug) <= 64, slug
    assert 400 <= status <= 599, status
    assert title, slug
    assert slug not in REGISTRY, f"the slug {slug} is taken"
    made = ProblemType(slug, status, title)
    REGISTRY[slug] = made
    return made


class Problem(Exception):  # noqa: N818  the word of RFC 9457; most are no errors
    """A refusal on its way to the caller: `raise Problem(WALLET_FROZEN, wallet_id=wallet_id)`.

    `detail` is one optional sentence about this occurrence. `retry_after` is in whole seconds.
    Facts become members of the answer beside the type; they hold ids, codes and ints only. What is
    remembered and answered again (409) must be told by facts alone, since only those are stored.
    """

    def __init__(
        self,
        type: ProblemType,  # noqa: A002  the word of RFC 9457
        detail: str | None = None,
        *,
        retry_after: int | None = None,
        **facts: Fact,
    ) -> None:
        assert not RESERVED & facts.keys(), f"{type.slug}: {sorted(RESERVED & facts.keys())}"
        assert retry_after is None or retry_after >= 1, retry_after
        super().__init__(type.slug)
        self.type = type
        self.detail = detail
        self.facts: dict[str, Fact] = facts
        self.retry_after = retry_after
