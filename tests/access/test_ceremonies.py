"""Whatever bytes come for a passkey: they are refused in one way, and nothing breaks."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from access.ceremonies import (
    CeremonyBrokenError,
    RelyingParty,
    challenge_in,
    checked_assertion,
    checked_registration,
)
from tests.access.authenticator import Authenticator, b64, unb64

PARTY = RelyingParty("example.jp", "Meguri", ("https://pay.example.jp",))
MADE = Authenticator()
OPTIONS = {
    "rp": {"id": PARTY.rp_id},
    "user": {"id": b64(uuid4().bytes)},
    "challenge": b64(b"c" * 32),
}
REGISTERED = MADE.make(OPTIONS)
SIGNED = MADE.sign(OPTIONS)
PUBLIC = checked_registration(PARTY, REGISTERED, b"c" * 32).public_key


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.data())
def test_bytes_that_were_changed_are_refused_in_one_way(data: st.DataObject):
    good, part = data.draw(
        st.sampled_from(
            [(REGISTERED, "attestationObject"), (REGISTERED, "clientDataJSON"),
             (SIGNED, "authenticatorData"), (SIGNED, "clientDataJSON"), (SIGNED, "signature")]
        )
    )  # fmt: skip
    raw = bytearray(unb64(good["response"][part]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([bytes(raw), bytes(raw[: len(raw) // 2]), b"[" * 9_000, b""]))
    changed = good | {"response": good["response"] | {part: b64(cut)}}
    try:
        challenge_in(changed)
        if good is REGISTERED:
            checked_registration(PARTY, changed, b"c" * 32)
        else:
            checked_assertion(PARTY, changed, b"c" * 32, PUBLIC)
            assert cut == unb64(good["response"][part]), "what was signed was changed"
    except CeremonyBrokenError:
        pass


@pytest.mark.parametrize("challenge", ["\ud800", "é", 1, None])
def test_a_challenge_that_nobody_asked_is_refused_whatever_it_is(challenge: object):
    said = b64(json.dumps({"challenge": challenge}).encode())
    with pytest.raises(CeremonyBrokenError):
        challenge_in({"response": {"clientDataJSON": said}})
