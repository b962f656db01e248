"""Compare bulletins with one's own receipts, on one's own device: the reference for apps.

    python -m notifications.match_bulletins BULLETINS.json EXPORT.json --key KEYS.json --region CODE

It reads what everybody can download and what the own phone has. It asks nobody anything: no server
learns who was where. This file, `seals/check_proof.py`, Python and `cryptography` are all it needs.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from seals.check_proof import canonical, read_keys

FORMAT: Final = 1
SIGNED: Final = b"meguri bulletin\n"
"""Stands before what is signed, so that no signature of anything else passes for one of these."""


class NotBelieved(Exception):  # noqa: N818  (it is an answer, not a mishap)
    """The bulletin is not signed by a key that is believed, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment of one's own."""

    store_id: str
    at: datetime
    area: str | None = None
    """Of the shop, by the public directory; None where the phone does not know it."""


def statement_of(bulletin: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return SIGNED + canonical(dict(bulletin))


def believed(signed: Mapping[str, Any], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The bulletin in it, once its signature was checked against the issuer's public keys.

    Raises NotBelieved.
    """
    try:
        told = dict(signed["bulletin"])
        key = Ed25519PublicKey.from_public_bytes(keys[signed["key"]])
        key.verify(bytes.fromhex(signed["signature"]), statement_of(told))
        if told["format"] != FORMAT:
            raise NotBelieved(f"bulletins of format {FORMAT} are known")
        for name in ("from_at", "until_at", "listed_until"):
            if datetime.fromisoformat(told[name]).tzinfo is None:
                raise NotBelieved(f"{name} has no offset")
    except InvalidSignature:
        raise NotBelieved("it is not signed by this key") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotBelieved(f"it cannot be read, or no key of it is known ({error!r})") from None
    return told


def holds(bulletin: Mapping[str, Any], region: str, now: datetime) -> bool:
    """Whether it is of this region, and published still: who keeps old ones may show them again,
    and areas of another region may be called the same."""
    return bool(
        bulletin["region"] == region and now < datetime.fromisoformat(bulletin["listed_until"])
    )


def matches(bulletin: Mapping[str, Any], receipts: Iterable[Receipt]) -> list[Receipt]:
    """Those receipts that are of the place and of the time, both ends included."""
    begin = datetime.fromisoformat(bulletin["from_at"])
    end = datetime.fromisoformat(bulletin["until_at"])
    stores, areas = set(bulletin["stores"]), set(bulletin["areas"])
    return [
        each
        for each in receipts
        if begin <= each.at <= end and (each.store_id in stores or each.area in areas)
    ]


def receipts_of(export: Mapping[str, Any], areas: Mapping[str, str]) -> list[Receipt]:
    """The payments in one's own export; `areas` are those of shops, by id of the store."""
    return [
        Receipt(shop, datetime.fromisoformat(entry["at"]), areas.get(shop))
        for wallet in export["wallets"]
        for entry in wallet["entries"]
        if entry["kind"] == "payment" and (shop := entry["store_id"]) is not None
    ]


def main(words: list[str] | None = None, now: datetime | None = None) -> int:
    """Print what concerns the export; 0 if nothing does, 1 if something does, 2 if it is unread."""
    parser = ArgumentParser("match-bulletins", description="Compare bulletins with own receipts.")
    parser.add_argument("bulletins", type=Path, help="as …/bulletins answers")
    parser.add_argument("export", type=Path, help="as /v1/me/exports answers")
    parser.add_argument("--key", required=True, type=Path, help="published keys.json")
    parser.add_argument("--region", required=True, help="the code of the region of the export")
    parser.add_argument("--stores", type=Path, help="pages of the directory, for areas of shops")
    parser.add_argument("--language", choices=("ja", "ja_plain", "en"), default="ja")
    given = parser.parse_args(words)
    try:
        keys = read_keys(given.key.read_text())
        listed = list(json.loads(given.bulletins.read_text())["bulletins"])
        stores = json.loads(given.stores.read_text())["items"] if given.stores else []
        areas = {each["store_id"]: each["area"] for each in stores}
        receipts = receipts_of(json.loads(given.export.read_text()), areas)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:
        sys.stdout.write(f"these files cannot be read ({type(error).__name__})\n")
        return 2
    found = 0
    for signed in listed:
        try:
            told = believed(signed, keys)
        except NotBelieved as error:
            sys.stdout.write(f"NOT BELIEVED: {error}\n")
            continue
        own = matches(told, receipts)
        if own and holds(told, given.region, now or datetime.now(UTC)):
            found += 1
            words_of = told["texts"][given.language]
            sys.stdout.write(f"{words_of['title']}\n{words_of['body']}\n")
            sys.stdout.write("".join(f"  {each.at.isoformat()} {each.store_id}\n" for each in own))
    sys.stdout.write(f"{found} of {len(listed)} bulletins concern you\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
