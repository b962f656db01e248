"""Upstreams for tests: a key, a registration, alerts of CAP 1.2 as one sends them, and signed."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notifications.receive_alert import receive_alert
from notifications.upstream import Upstream
from notifications.upstreams import approve_upstream, ask_for_upstream
from tests.api.provider import signed
from tests.insights.statistics_builder import OTHER_PERSON
from tests.notifications.alerts_builder import TYPIST
from tests.town_builder import Town, new_id

SENDER: Final = "alert@metro.tokyo.example"
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ZONE: Final = ZoneInfo("Asia/Tokyo")
CANCELLED: Final = {
    "ja": {"title": "大雨警報の解除", "body": "大雨警報は解除されました。"},
    "ja_plain": {"title": "大雨(おおあめ)は 終(お)わりました", "body": "もう だいじょうぶです。"},
    "en": {"title": "Heavy rain warning ended", "body": "The warning was lifted."},
}
RAIN: Final[dict[str, Any]] = {
    "event": "大雨警報",
    "hours": 24,
    "alert": {
        "ja_plain": {"title": "大雨(おおあめ)です", "body": "川(かわ)に 行(い)かないで ください。"},
        "en": {"title": "Heavy rain", "body": "Stay away from rivers."},
    },
    "cancel": CANCELLED,
}
QUAKE: Final[dict[str, Any]] = {
    **RAIN, "event": "地震", "code": {"name": "jma:quake", "value": "551"}, "hours": 1,
}  # fmt: skip


def upstream_of(key: Ed25519PrivateKey = KEY, **more: Any) -> dict[str, Any]:
    """A registration as a client says it; `more` replaces members."""
    raw = key.public_key().public_bytes_raw()
    return {
        "name": "東京都災害情報システム",
        "sender": SENDER,
        "public_key": "whpk_" + base64.b64encode(raw).decode(),
        "geocodes": [
            {"name": "JISX0402", "value": "13112"},
            {"name": "town", "value": "n", "area": "north"},
            {"name": "town", "value": "s", "area": "south"},
        ],
        "events": [RAIN, QUAKE],
        **more,
    }


def made_upstream(**more: Any) -> Upstream:
    """The same, read."""
    return Upstream.model_validate(upstream_of(**more))


async def registered(town: Town, key: Ed25519PrivateKey = KEY, **more: Any) -> UUID:
    """One that two people registered; places of ours need a plan in force. Its id."""
    upstream_id, now = new_id(), await town.now()
    whole = {"geocodes": upstream_of()["geocodes"][:1], **more}
    made = Upstream.model_validate(upstream_of(key, **whole))
    async with town.database.transaction(town.region.region_id) as db:
        await ask_for_upstream(db, town.region, upstream_id, made, "test", now, TYPIST)
        await approve_upstream(db, town.region.region_id, upstream_id, OTHER_PERSON, now)
    return upstream_id


async def furnish_upstreams(town: Town) -> dict[str, Any]:
    """One that stands and has sent an alert, by the names of parameters and members."""
    upstream_id, region_id, now = await registered(town), town.region.region_id, await town.now()
    async with town.database.transaction(region_id) as db:
        taken = await receive_alert(db, town.region, upstream_id, cap_xml(now), now)
    geocodes = upstream_of()["geocodes"][:1]
    return {
        "upstream_id": str(upstream_id),
        "arrival_id": str(taken.arrival_id),
        "alert-upstreams upstream": upstream_of(sender="alert@new.example", geocodes=geocodes),
    }


def instant(at: datetime) -> str:
    """As CAP has it."""
    return at.astimezone(ZONE).replace(microsecond=0).isoformat()


def info_of(now: datetime, language: str | None = "ja-JP", *, more: str = "", **said: str) -> str:
    """An `<info>`; what is said as empty is left out, and `more` stands before its area."""
    words = {
        "category": "Met", "event": "大雨警報", "urgency": "Immediate", "severity": "Severe",
        "certainty": "Observed", "expires": instant(now + timedelta(hours=6)),
        "headline": "大雨警報", "description": "川に近づかない。",
    } | said  # fmt: skip
    geocode = words.pop("geocode", "JISX0402=13112")
    order = (
        "category", "event", "urgency", "severity", "certainty", "eventCode", "effective", "onset",
        "expires", "headline", "description", "instruction",
    )  # fmt: skip
    told = "".join(_say(name, words[name]) for name in order if words.get(name))
    named = "" if language is None else _say("language", language)
    places = "".join(_pair("geocode", each) for each in geocode.split())
    area = f"<area><areaDesc>世田谷区</areaDesc>{places}</area>"
    return f"<info>{named}{told}{more}{area}</info>"


def cap_xml(now: datetime, *infos: str, references: str = "", **said: str) -> bytes:
    """An alert of CAP 1.2, in Japanese alone where no `infos` are given."""
    words = {
        "identifier": f"tokyo-{uuid4()}", "sender": SENDER, "sent": instant(now),
        "status": "Actual", "msgType": "Alert", "scope": "Public", "references": references,
    } | said  # fmt: skip
    told = "".join(_say(name, value) for name, value in words.items() if value)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">{told}'
        f"{''.join(infos or (info_of(now),))}</alert>"
    ).encode()


def naming(xml: bytes) -> str:
    """How a later alert names this one."""
    told = xml.decode()

    def said(name: str) -> str:
        return told.partition(f"<{name}>")[2].partition("<")[0]

    return f"{said('sender')},{said('identifier')},{said('sent')}"


def signed_by(
    content: bytes, key: Ed25519PrivateKey = KEY, *, at: float | None = None
) -> dict[str, str]:
    """The headers of a delivery."""
    webhook_id, timestamp = f"msg_{uuid4().hex}", str(int(time.time() if at is None else at))
    signature = key.sign(f"{webhook_id}.{timestamp}.".encode() + content)
    return {
        "content-type": "application/cap+xml",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}",
    }


def signed_for(path: str, body: Any) -> tuple[bytes, dict[str, str]]:
    """What a machine sends to a webhook of ours, signed: an alert, or this as JSON."""
    if "alerts" in path:
        content = cap_xml(datetime.now(UTC))
        return content, signed_by(content)
    content = json.dumps(body).encode()
    return content, signed(content)


async def tell_alert(
    client: httpx.AsyncClient, upstream_id: UUID, content: bytes, **how: Any
) -> httpx.Response:
    """Deliver it; `how` is said to `signed_by`, or gives the `headers` whole."""
    headers = how.pop("headers", None) or signed_by(content, **how)
    path = f"/v1/webhooks/alerts/setagaya/{upstream_id}"
    return await client.post(path, content=content, headers=headers)


def _say(name: str, value: str) -> str:
    if name == "eventCode":
        return _pair(name, value)
    return f"<{name}>{escape(value)}</{name}>"


def _pair(name: str, value: str) -> str:
    first, _, second = value.partition("=")
    return f"<{name}><valueName>{first}</valueName><value>{second}</value></{name}>"
