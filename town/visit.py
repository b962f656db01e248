"""How a visitor tries the running town by hand: an address, a token of each face, some calls."""

import shlex
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from rich.console import Console

from core.clock import Clock
from core.ids import uuid7
from town import answers, wire
from town.client import Client
from town.directory import Directory
from town.perform import Stage
from town.premises import STATION
from town.tokens import LIFE_SECONDS, Tokens, administrator
from town.told import Told

PAYS_YEN: Final = 500
LINES: Final = 12
CANDIDATES: Final = 50


@dataclass(frozen=True, slots=True)
class Host:
    """The resident whom the visitor plays: has the liveliest wallet that can still pay."""

    number: int
    person_id: UUID
    wallet_id: UUID
    entries: dict[str, Any]
    """The newest of the wallet's history, as the API told it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor needs to try the running town by hand."""

    address: str
    directory: Directory
    tokens: Tokens
    clock: Clock
    command: str
    """How `meguri` is called."""
    to_set_first: str
    """What another terminal must set before it calls `meguri`, in words; empty if nothing."""


async def find_host(client: Client, stage: Stage, told: Told) -> Host:
    """Look into the busiest wallets, as their owners do; the busiest of all if none can pay."""
    wallets = stage.directory.wallets
    busiest = sorted(told.resident_entries.items(), key=lambda item: (-item[1], item[0]))
    chosen = busiest[0][0]
    for number, _ in busiest[:CANDIDATES]:
        token = stage.tokens.resident(stage.people[number].person_id)
        answer = await client.send(wire.wallet(wallets[number], token))
        if answers.can_pay(answer.body, PAYS_YEN):
            chosen = number
            break
    person_id, wallet_id = stage.people[chosen].person_id, wallets[chosen]
    call = wire.wallet_entries(wallet_id, stage.tokens.resident(person_id), LINES)
    return Host(chosen, person_id, wallet_id, dict((await client.send(call)).body))


def show_calls(
    console: Console, visit: Visit, host: Host, told: Told, *, is_over: bool = False
) -> None:
    """Where the server is, or was, a token of each face, and calls to copy."""
    shop = max(told.takings().items(), key=lambda item: item[1])[0]
    listing = visit.directory.shops[shop]
    paid = {"wallet_id": str(host.wallet_id), "qr": listing.qr, "amount_yen": PAYS_YEN}
    console.print("\n  [bold cyan]Try it[/] [dim]in another terminal[/]\n")
    if visit.to_set_first:
        _plain(console, f"# before any command of meguri: set {visit.to_set_first}", "")
    if is_over:
        port = visit.address.rpartition(":")[2]
        _plain(
            console,
            "# this server has ended with the day; to start one on what it left:",
            f"{visit.command} serve --with-worker --port {port}",
            "",
        )
    else:
        _plain(
            console,
            "# no worker runs beside this server, so nothing is sealed yet; to start one:",
            f"{visit.command} worker",
            "",
        )
    _plain(
        console,
        f"# a resident, a shop and an auditor, each for {LIFE_SECONDS // 60} minutes",
        f"RESIDENT={visit.tokens.resident(host.person_id)}",
        f"MERCHANT={visit.tokens.shop(listing.owner_id, listing.merchant_id)}",
        f"ADMIN={visit.tokens.admin('auditor')}",
        "# the resident's wallet, the busiest shop and its QR code",
        f"API={visit.address} WALLET={host.wallet_id} STORE={listing.store_id}",
        f"BODY={shlex.quote(wire.json_text(paid))}",
        "",
        "# what the wallet holds; what a payment would bring, and why; the payment",
        _curl("RESIDENT", "wallets/$WALLET"),
        _curl("RESIDENT", "quotes", "POST"),
        _curl("RESIDENT", f"payments/{uuid7(visit.clock.now())}", "PUT"),
        "# the shop's newest payments; the books of the town",
        _curl("MERCHANT", "stores/$STORE/payments?limit=3"),
        _curl("ADMIN", "admin/trial-balance"),
        "",
        "# where one can pay: what is open now, the nearest to the station first; for anybody",
        _search(visit.directory.region),
        "",
        "# such tokens later",
        _token_command(visit, "resident", host.person_id),
        _token_command(
            visit, "merchant", listing.owner_id, role="owner", merchant=listing.merchant_id
        ),
        _token_command(visit, "admin", administrator("auditor"), role="auditor"),
    )
    console.print()
    for name, value in (("API", visit.address), ("API page", f"{visit.address}/docs")):
        console.print(f"  [dim]{name:<10}[/][bold]{value}[/]", highlight=False, soft_wrap=True)


def _token_command(visit: Visit, face: str, sub: UUID, **claims: object) -> str:
    more = "".join(f" --{name} {value}" for name, value in claims.items())
    region = visit.directory.region
    return f"{visit.command} token {face} --sub {sub} --region {region}{more}"


def _curl(face: str, path: str, method: str = "GET") -> str:
    sent = "" if method == "GET" else f' -X {method} -H "content-type: application/json" -d "$BODY"'
    return f'curl -sS -w "\\n"{sent} -H "authorization: Bearer ${face}" "$API/v1/{path}"'


def _search(region: str) -> str:
    latitude, longitude = map(wire.in_degrees, STATION)
    query = f"near={latitude},{longitude}&open_now=true&limit=3"
    return f'curl -sS -w "\\n" "$API/v1/regions/{region}/stores?{query}"'


def _plain(console: Console, *lines: str) -> None:
    """Lines to be copied: not wrapped, not coloured."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
