"""Posts: who holds which, newest first, and how one is ended at once."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.posts import Post, end_post, find_post, list_posts
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid
from api.offices import Office, at_all
from api.pages import Listing, Page, Paged
from api.state import state_of

POSTS: Final = Listing("posts", (UUID,))

router = v1_router("posts")


class PostAnswer(Answer):
    """A post, and who holds or held it."""

    post_id: UUID
    login_id: UUID
    email: str = Field(examples=["hanako@example.jp"])
    name: str = Field(examples=["世田谷 花子"])
    login_state: Literal["active", "suspended"]
    role: str = Field(examples=["clerk"])
    merchant_id: UUID | None
    stores: list[UUID] | None
    """Null: every store of the merchant."""
    given_by: str = Field(examples=["merchant:0192f0c1-2222-7000-8000-000000000001"])
    given_at: datetime
    ended_at: datetime | None


class EndingBody(Body):
    """Why the post ends."""

    reason: Reason = Field(examples=["退職"])


@at_all(router, "get", "/posts", "listPosts", "Posts, newest first")
async def list_all(request: Request, office: Office, paging: Paged) -> Page[PostAnswer]:
    """Those that ended too."""
    start = POSTS.start(paging)
    async with state_of(request).database.snapshot(office.home.region_id) as db:
        rows = await list_posts(
            db, office.home.region_id, office.merchant_id, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return POSTS.page(rows, paging, lambda row: (row.post_id,), lambda row: _post(office, row))


@at_all(router, "get", "/posts/{post_id}", "getPost", "One post")
async def get_post(request: Request, office: Office, post_id: Uuid) -> PostAnswer:
    """As it stands."""
    async with state_of(request).database.snapshot(office.home.region_id) as db:
        found = await find_post(db, office.home.region_id, post_id, office.merchant_id)
    return _post(office, found)


@at_all(router, "post", "/posts/{post_id}/endings", "endPost", "End a post at once")
async def end(request: Request, office: Office, post_id: Uuid, body: EndingBody) -> PostAnswer:
    """Its sessions end within two seconds. What its holder invited to and asked for is withdrawn.

    Nobody ends the own post, one that the own could not have given, or the last of its kind.
    """
    async with state_of(request).database.transaction(office.home.region_id) as db:
        # It must be of the shop, or of the office, that the address names.
        await find_post(db, office.home.region_id, post_id, office.merchant_id)
        ended = await end_post(
            db, office.home.region_id, office.doer, office.own, post_id, body.reason
        )
    return _post(office, ended)


def _post(office: Office, post: Post) -> PostAnswer:
    stores = post.reach.stores
    return PostAnswer.model_validate(
        {
            "post_id": post.post_id,
            "login_id": post.login_id,
            "email": post.email,
            "name": post.name,
            "login_state": post.login_state,
            "role": post.reach.role,
            "merchant_id": post.reach.merchant_id,
            "stores": None if stores is None else sorted(stores),
            "given_by": post.given_by,
            "given_at": office.told(post.given_at),
            "ended_at": None if post.ended_at is None else office.told(post.ended_at),
        }
    )
