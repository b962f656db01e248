"""Staff and administrators are signed in: with one post at once, with several after a choice.

What every way of signing a login in answers: passwords, passkeys, the city's own provider.
"""

from typing import Final, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from access.login_devices import device_id_of, known_devices, new_device_token, note_device
from access.password_sign_in import STAFF_SIGN_IN_REFUSED
from access.post_choices import SignIn, ask_which, enter_post, goes_on
from access.posts import POST_UNKNOWN, Post, posts_of
from access.sessions import Home
from access.staff_notices import notify
from api.answers import Answer
from api.session_tokens import SessionTokens, session_tokens
from api.state import State
from core.errors import ProblemType, problem

NO_POST: Final = problem("no-post", 403, "You hold no post here at present.")


class PostItem(Answer):
    """A post that may be chosen."""

    post_id: UUID
    face: Literal["merchant", "admin"]
    role: str = Field(examples=["manager"])
    merchant_id: UUID | None
    stores: list[UUID] | None
    """Null: every store of the merchant."""


class PostChoice(Answer):
    """Several posts are held: the session begins with the choice of one."""

    choice_id: UUID
    secret: str = Field(examples=["s" * 43])
    posts: list[PostItem]


class StaffSignedIn(Answer):
    """The tokens of a session, or the choice that comes before them: one of the two is null."""

    tokens: SessionTokens | None
    choice: PostChoice | None
    device_token: str = Field(examples=["b" * 43])
    """To be kept in the browser, and shown at each sign-in there, whoever signs in."""


async def staff_signed_in(
    state: State,
    db: AsyncSession,
    home: Home,
    signed: SignIn,
    *,
    post_id: UUID | None,
    device_token: str | None,
) -> StaffSignedIn | ProblemType:
    """Begin the session of a login that showed all that it must, or ask in which post.

    Returns the refusal that is to be raised once the transaction of `db` is committed: what was
    used up stays used. A sign-in at a new device is told to the login by e-mail.
    """
    token = device_token or new_device_token()
    if not await goes_on(db, home.region_id, signed):
        return STAFF_SIGN_IN_REFUSED
    installation_id = device_id_of(state.vault, token)
    await _note_devices(db, home, signed, installation_id)
    posts = await posts_of(db, home.region_id, signed.login_id)
    if not posts:
        return NO_POST
    if post_id is None and len(posts) > 1:
        choice = await ask_which(db, home.region_id, state.vault, signed)
        asked = PostChoice(
            choice_id=choice.choice_id,
            secret=choice.secret,
            posts=[post_item(post) for post in posts],
        )
        return StaffSignedIn(tokens=None, choice=asked, device_token=token)
    chosen = [post for post in posts if post_id in {None, post.post_id}]
    if not chosen:
        return POST_UNKNOWN
    opened = await enter_post(db, home, signed, chosen[0], installation_id)
    if opened is None:
        return NO_POST
    tokens = await session_tokens(state, db, home, opened)
    return StaffSignedIn(tokens=tokens, choice=None, device_token=token)


async def _note_devices(
    db: AsyncSession, home: Home, signed: SignIn, installation_id: UUID
) -> None:
    earlier = await known_devices(db, home.region_id, signed.login_id)
    present = [installation_id]
    if signed.passkey_id is not None:
        present.append(signed.passkey_id)
    for device_id in present:
        await note_device(db, home.region_id, signed.login_id, device_id)
    if earlier and not earlier & set(present):
        await notify(db, home, signed.login_id, "new device")


def post_item(post: Post) -> PostItem:
    """A post as its holder is shown it."""
    stores = post.reach.stores
    return PostItem(
        post_id=post.post_id,
        face=post.reach.face,
        role=post.reach.role,
        merchant_id=post.reach.merchant_id,
        stores=None if stores is None else sorted(stores),
    )
