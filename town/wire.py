"""The API as the town speaks it: paths, bodies, and the answer that is due to each act."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from town.acts import Act, Slip
from town.shops import Shop

ZONE: Final = "Asia/Tokyo"
SETTINGS: Final[Mapping[str, object]] = {
    # As long as may be: where the clock runs fast, ten minutes pass in the blink of an eye.
    "void_minutes": 1_440,
    # A few people pay fifty times a day, and most of their phones have nothing to confirm with.
    "unconfirmed_per_day_yen": None,
}
"""Those of the town's region that differ from the defaults."""

PROVIDER: Final = "demo-bank"
"""The top-up provider of the town, as the server's settings name it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent again as often as needed: `content` is JSON in bytes."""

    method: str
    path: str
    content: bytes = b""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `slug` is the problem's, None for a success."""

    status: int
    slug: str | None
    body: Mapping[str, Any]
    replayed: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Awaited:
    """The answer an act should get: status, the problem's slug, the `outcome` of a webhook."""

    status: int
    slug: str | None = None
    outcome: str | None = None


CREATED: Final = Awaited(201)
CREDITED: Final = Awaited(200, outcome="credited")
REVERSED: Final = Awaited(200, outcome="reversed")

DUE: Final[dict[Slip, Awaited]] = {
    Slip.OVER_BALANCE: Awaited(409, "insufficient-funds"),
    Slip.AMOUNT_ZERO: Awaited(422, "malformed-request"),
    Slip.AMOUNT_DECIMAL: Awaited(422, "malformed-request"),
    Slip.AMOUNT_TEXT: Awaited(422, "malformed-request"),
    Slip.OTHERS_WALLET: Awaited(404, "wallet-unknown"),
    Slip.UNKNOWN_SHOP: Awaited(404, "store-unknown"),
    Slip.DAMAGED_QR: Awaited(422, "qr-damaged"),
    Slip.CHANGED_REPLAY: Awaited(409, "id-in-use"),
    Slip.WRONG_FACE: Awaited(403, "wrong-face"),
    Slip.EXPIRED_TOKEN: Awaited(401, "token-expired"),
    Slip.REFUND_OVER: Awaited(409, "refund-exceeds-payment"),
    Slip.REFUND_ELSEWHERE: Awaited(404, "payment-unknown"),
    Slip.FORGED_WEBHOOK: Awaited(401, "signature-invalid"),
    Slip.REDELIVERED: CREDITED,
    Slip.UNKNOWN_WALLET: Awaited(200, outcome="suspense"),
}
"""How each mistake must be answered: money that arrived is never refused, and twice is once."""


def awaited(act: Act, success: Awaited) -> Awaited:
    """The answer `act` should get: `success`, or for a mistake what is due to it."""
    return success if act.slip is None else DUE[act.slip]


# Residents


def open_wallet(wallet_id: UUID, token: str) -> Call:
    """A resident opens a wallet."""
    return Call("PUT", f"/v1/wallets/{wallet_id}", _json({}), token)


def pay(payment_id: UUID, wallet_id: UUID, qr: str, amount_yen: object, token: str) -> Call:
    """A resident pays; `amount_yen` is sent as it is, since some mistakes send no integer."""
    body = {"wallet_id": str(wallet_id), "qr": qr, "amount_yen": amount_yen, "coin_only": False}
    return Call("PUT", f"/v1/payments/{payment_id}", _json(body), token)


def wallet(wallet_id: UUID, token: str) -> Call:
    """What the wallet holds."""
    return Call("GET", f"/v1/wallets/{wallet_id}", token=token)


def wallet_entries(wallet_id: UUID, token: str, limit: int) -> Call:
    """The wallet's history, newest first."""
    return Call("GET", f"/v1/wallets/{wallet_id}/entries?limit={limit}", token=token)


# Merchants


def merchant(token: str) -> Call:
    """The shop itself: what is due to it."""
    return Call("GET", "/v1/merchant", token=token)


def stores(token: str) -> Call:
    """The shop's stores with their QR texts."""
    return Call("GET", "/v1/stores", token=token)


def refund(refund_id: UUID, payment_id: UUID, amount_yen: int | None, token: str) -> Call:
    """A shop gives back `amount_yen`, or with None all that remains."""
    body: dict[str, object] = {"payment_id": str(payment_id), "reason": "returned goods"}
    if amount_yen is not None:
        body["amount_yen"] = amount_yen
    return Call("PUT", f"/v1/refunds/{refund_id}", _json(body), token)


def void(void_id: UUID, payment_id: UUID, token: str) -> Call:
    """A shop takes a payment back that it has just taken."""
    body = {"payment_id": str(payment_id), "reason": "typed the wrong amount"}
    return Call("PUT", f"/v1/voids/{void_id}", _json(body), token)


# The top-up provider


def top_up(top_up_ref: str, wallet_id: UUID, amount_yen: int, occurred_at: datetime) -> Call:
    """The provider reports money received; the client signs it when it is sent."""
    body = {
        "type": "top_up.succeeded",
        "top_up_ref": top_up_ref,
        "wallet_id": str(wallet_id),
        "amount_yen": amount_yen,
        "occurred_at": _moment(occurred_at),
    }
    return Call("POST", f"/v1/webhooks/top-ups/{PROVIDER}", _json(body))


def reverse_top_up(
    top_up_ref: str, topped_up_at: datetime, reversal_ref: str, occurred_at: datetime
) -> Call:
    """The provider takes the money of the top-up of `topped_up_at` back."""
    body = {
        "type": "top_up.reversed",
        "top_up_ref": top_up_ref,
        "top_up_occurred_at": _moment(topped_up_at),
        "reversal_ref": reversal_ref,
        "reason": "bank_recall",
        "occurred_at": _moment(occurred_at),
    }
    return Call("POST", f"/v1/webhooks/top-ups/{PROVIDER}", _json(body))


# Administrators


def open_region(
    code: str, name: str, token: str, settings: Mapping[str, object] = SETTINGS
) -> Call:
    """An operator opens the region; `settings` are those that differ from the defaults."""
    body = {"name": name, "zone": ZONE, "settings": settings}
    return Call("PUT", f"/v1/admin/regions/{code}", _json(body), token)


def invite(place: str, invitation_id: UUID, email: str, role: str, token: str) -> Call:
    """Somebody is invited to a post; `place` is where whoever invites is in charge."""
    body = {"email": email, "role": role}
    return Call("PUT", f"/v1/{place}/invitations/{invitation_id}", _json(body), token)


def register_merchant(merchant_id: UUID, shop: Shop, token: str) -> Call:
    """Finance registers a merchant."""
    body = {
        "name": shop.name,
        "merchant_class": shop.merchant_class,
        "category": shop.category.code,
        "area": shop.area,
    }
    return Call("PUT", f"/v1/admin/merchants/{merchant_id}", _json(body), token)


def register_store(merchant_id: UUID, store_id: UUID, name: str, token: str) -> Call:
    """Finance registers a store of a merchant."""
    path = f"/v1/admin/merchants/{merchant_id}/stores/{store_id}"
    return Call("PUT", path, _json({"name": name}), token)


def describe_store(
    merchant_id: UUID, store_id: UUID, details: Mapping[str, object], token: str
) -> Call:
    """Finance writes down what a store tells the public of itself."""
    path = f"/v1/admin/merchants/{merchant_id}/stores/{store_id}/details"
    return Call("POST", path, _json(details), token)


def stores_near(region: str, latitude_e6: int, longitude_e6: int, limit: int) -> Call:
    """Anybody asks where one can pay, nearest first."""
    near = f"near={in_degrees(latitude_e6)},{in_degrees(longitude_e6)}&radius_m=5000"
    return Call("GET", f"/v1/regions/{region}/stores?{near}&limit={limit}")


def in_degrees(millionths: int) -> str:
    """As the public directory reads it; the town lies in the north and east."""
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}"


def draft_campaign(campaign_id: UUID, terms: Mapping[str, object], token: str) -> Call:
    """The city drafts a campaign."""
    return Call("PUT", f"/v1/admin/campaigns/{campaign_id}", _json({"terms": terms}), token)


def fund_campaign(campaign_id: UUID, funding_id: UUID, amount_yen: int, token: str) -> Call:
    """The city puts money into the campaign's budget."""
    path = f"/v1/admin/campaigns/{campaign_id}/fundings/{funding_id}"
    return Call("PUT", path, _json({"amount_yen": amount_yen, "funder": "city"}), token)


def ask_for_approval(campaign_id: UUID, request_id: UUID, token: str) -> Call:
    """Who drafted the campaign asks for another person's approval."""
    path = f"/v1/admin/campaigns/{campaign_id}/approvals/{request_id}"
    return Call(
        "PUT", path, _json({"reason": "the council decided", "without_simulation": True}), token
    )


def approve(request_id: UUID, token: str) -> Call:
    """That person approves."""
    path = f"/v1/admin/requests/{request_id}/decisions"
    return Call("POST", path, _json({"decision": "approved"}), token)


def ask_for_statistics_plan(plan_id: UUID, lists: Mapping[str, object], token: str) -> Call:
    """The city drafts its plan of statistics; the request for approval has the plan's id."""
    asked = {"plan": lists, "reason": "the council decided"}
    return Call("PUT", f"/v1/admin/statistics/plans/{plan_id}", _json(asked), token)


def start_campaign(campaign_id: UUID, change_id: UUID, token: str) -> Call:
    """The campaign begins."""
    path = f"/v1/admin/campaigns/{campaign_id}/state-changes/{change_id}"
    return Call("PUT", path, _json({"state": "live", "reason": "the town's day begins"}), token)


def campaign(campaign_id: UUID, token: str) -> Call:
    """The campaign with what is left of its budget."""
    return Call("GET", f"/v1/admin/campaigns/{campaign_id}", token=token)


def trial_balance(token: str) -> Call:
    """The books of now: every kind of account."""
    return Call("GET", "/v1/admin/trial-balance", token=token)


def journal(token: str, since: datetime, cursor: str | None) -> Call:
    """A page of every entry since an instant, refused ones too."""
    query = {"limit": "200", "from": since.isoformat()} | ({"cursor": cursor} if cursor else {})
    return Call("GET", f"/v1/admin/journal?{urlencode(query)}", token=token)


def slug_of(status: int, body: Mapping[str, Any]) -> str | None:
    """The problem's slug: the last part of its RFC 9457 type; None when it is no problem."""
    if status < 400:
        return None
    return str(body.get("type", "about:blank")).rsplit("/", 1)[-1]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def json_text(body: Mapping[str, object]) -> str:
    """The body of a request, as the town writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _json(body: Mapping[str, object]) -> bytes:
    return json_text(body).encode()
