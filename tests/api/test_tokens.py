"""Tokens: what they tell, and everything that is looked at again each time."""

import time
from uuid import UUID, uuid4

import jwt
import pytest
from pydantic import ValidationError

from api.keys import rotated
from api.tokens import LEEWAY_S, issue
from tests.api.token_world import SHOP, SUB, World


def test_a_token_tells_who_it_is_for():
    world = World()
    identity = world.verifier.verify(world.token(scope="pay read"), "resident")
    assert identity.claims.sub == SUB
    assert identity.region_id == 7
    assert identity.scope == {"pay", "read"}


def test_a_merchant_token_tells_merchant_role_and_stores():
    world = World()
    store = uuid4()
    token = issue(
        world.keys, "merchant", SUB, "tsubame", merchant=SHOP, role="clerk", stores=[store]
    )
    claims = world.verifier.verify(token, "merchant").claims
    assert (claims.merchant, claims.role, claims.stores) == (SHOP, "clerk", frozenset({store}))


@pytest.mark.parametrize(
    ("face", "region", "said"),
    [
        ("resident", "tsubame", {"role": "owner"}),
        ("resident", "tsubame", {"merchant": SHOP}),
        ("resident", "*", {}),
        ("merchant", "tsubame", {"merchant": SHOP}),
        ("merchant", "tsubame", {"role": "owner"}),
        ("merchant", "tsubame", {"merchant": SHOP, "role": "finance"}),
        ("merchant", "*", {"merchant": SHOP, "role": "owner"}),
        ("admin", "tsubame", {}),
        ("admin", "tsubame", {"role": "operator"}),
        ("admin", "*", {"role": "finance"}),
        ("admin", "tsubame", {"role": "finance", "stores": [SHOP]}),
        ("resident", "Tsubame", {}),
        ("resident", "tsubame", {"ttl_s": 901}),
        ("resident", "tsubame", {"ttl_s": 0}),
        ("resident", "tsubame", {"scope": "a\nb"}),
    ],
)
def test_claims_that_do_not_belong_together_are_never_issued(face, region, said):
    with pytest.raises(ValidationError):
        issue(World().keys, face, SUB, region, **said)


def test_a_token_expires_also_when_it_was_believed_before():
    world = World()
    token = world.token(ttl_s=60)
    world.clock.now += 60 + LEEWAY_S - 1
    world.verifier.verify(token, "resident")
    world.clock.now += 1
    assert world.refused(token) == "token-expired"
    assert world.refused(token) == "token-expired"


def test_a_token_for_another_face_is_refused_also_when_it_was_believed_before():
    world = World()
    token = world.token()
    assert world.refused(token, "admin") == "wrong-face"
    world.verifier.verify(token, "resident")
    assert world.refused(token, "merchant") == "wrong-face"


@pytest.mark.parametrize("kind", ["jti", "sub", "family"])
@pytest.mark.parametrize("was_believed", [True, False])
def test_revocation_holds_also_when_the_token_was_believed_before(kind, was_believed):
    world = World()
    family = uuid4()
    token = world.token(fam=family)
    jti = UUID(jwt.decode(token, options={"verify_signature": False})["jti"])
    if was_believed:
        world.verifier.verify(token, "resident")
    value = {"jti": jti, "sub": SUB, "family": family}[kind]
    other_region = (8, kind, value)
    world.revocations._entries[other_region] = (world.clock.now, world.clock.now + 900)
    world.verifier.verify(token, "resident")
    world.revocations._entries[7, kind, value] = (world.clock.now, world.clock.now + 900)
    assert world.refused(token) == "token-revoked"


def test_after_all_tokens_of_a_subject_were_revoked_a_later_one_is_believed():
    world = World()
    old = world.token()
    world.revocations._entries[7, "sub", SUB] = (world.clock.now + 0.5, world.clock.now + 900)
    assert world.refused(old) == "token-revoked"
    world.clock.now += 1
    world.verifier.verify(world.token(), "resident")


def test_when_revocations_are_not_known_nobody_is_believed():
    world = World()
    token = world.token()
    world.verifier.verify(token, "resident")
    world.revocations._fresh_at = time.monotonic() - 10.1
    assert world.refused(token) == "revocations-unknown"
    world.revocations._fresh_at = None
    assert world.refused(token) == "revocations-unknown"


def test_a_token_of_a_key_that_is_over_is_not_believed_any_more():
    world = World()
    token = world.token()
    world.verifier.verify(token, "resident")
    world.keys._ring = rotated(world.keys.ring, int(world.clock.now), is_compromised=True)
    assert world.refused(token) == "token-invalid"
    world.verifier.verify(world.token(), "resident")


def test_what_is_remembered_is_bounded_and_never_the_token():
    world = World(capacity=10)
    tokens = [world.token() for _ in range(30)]
    for token in tokens:
        world.verifier.verify(token, "resident")
    assert len(world.verifier._believed) == 10
    assert {len(name) for name in world.verifier._believed} == {32}
    for token in tokens:
        world.verifier.verify(token, "resident")
    for _ in range(50):
        world.refused(world.token() + "x")
    assert len(world.verifier._believed) == 10


def test_a_signature_is_checked_once_and_the_second_look_is_cheap():
    world = World()
    token = world.token()
    world.verifier.verify(token, "resident")
    started = time.perf_counter()
    for _ in range(1000):
        world.verifier.verify(token, "resident")
    # 1,000 signatures would take 0.15 s and more.
    assert time.perf_counter() - started < 0.1
