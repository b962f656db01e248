"""The people, invitations and clients of a furnished region, by the names of what is asked for."""

from uuid import UUID, uuid4

from access.acts import Doer
from access.clients import make_client
from access.emails import read_email
from access.invitations import invite
from access.logins import make_login
from access.password_resets import LOST_SECOND_FACTOR
from access.posts import Reach, give_post
from access.requests import make_request
from access.sessions import Home, Whose, open_session
from api.session_tokens import OPERATORS
from core.database import Database
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

EMAIL = "hanako@example.jp"
ROLES_GIVEN = {
    "staff role": "clerk",
    "merchants role": "owner",
    "regions role": "desk",
    "operators role": "operator",
}
"""What an invitation at each place may be to."""
SOMEBODY = Doer(UUID(int=1), ADMIN, "operator")


async def furnish_staff(town: Town, wallet: Wallet, store: Store) -> dict[str, UUID]:
    """A post and an invitation at each place, a client, a session and a request."""
    home = Home(town.region.region_id, town.region.code)
    places = {
        "staff": (home, Reach("merchant", "clerk", store.merchant_id)),
        "merchants": (home, Reach("merchant", "owner", store.merchant_id)),
        "regions": (home, Reach("admin", "desk")),
        "operators": (OPERATORS, Reach("admin", "operator")),
    }
    names: dict[str, UUID] = {}
    for place, (where, reach) in places.items():
        made = await _let_in(town.database, where, reach)
        names |= {f"{place} {name}": value for name, value in made.items()}
    async with town.database.transaction(home.region_id) as db:
        client, _ = await make_client(db, home, new_id(), store.merchant_id, None, "レジ", SOMEBODY)
        opened = await open_session(db, home, Whose("resident", wallet.person_id), "sms")
        asked = await make_request(
            db, home.region_id, new_id(), LOST_SECOND_FACTOR, SOMEBODY, uuid4(), "test"
        )
    return names | {
        "client_id": client.client_id,
        "session_id": opened.session_id,
        "request_id": asked.request_id,
        "login_id": names["staff login_id"],
    }


async def _let_in(database: Database, home: Home, reach: Reach) -> dict[str, UUID]:
    """Somebody with this post, and somebody who is invited to it."""
    async with database.transaction(home.region_id) as db:
        region_id = home.region_id
        login_id = await make_login(db, region_id, read_email(f"{uuid4().hex}@example.jp"), "花子")
        post_id = await give_post(db, region_id, login_id, reach, ADMIN)
        email = read_email(f"{uuid4().hex}@example.jp")
        made = await invite(db, region_id, new_id(), email, reach, SOMEBODY, None)
    return {
        "post_id": post_id,
        "login_id": login_id,
        "invitation_id": made.invitation.invitation_id,
    }
