"""A furnished region behind a real server: something of every kind, and tokens of every face."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from fastapi import FastAPI

from access.vault import Vault
from api.state import State
from api.tokens import issue
from campaigns.campaign import MOST_FUNDED_YEN, ChangeCampaign, FundCampaign
from campaigns.return_budget import ReturnBudget
from campaigns.settle_funders import SettleFunders
from ledger.command import Command
from merchants.recirculation import Recirculation
from payments.reverse_top_up import ReverseTopUp
from payments.settings import RegionSettings
from payments.suspense import PlaceSuspense, ReturnSuspense
from payments.top_up import CounterTopUp
from residents.wallet import ChangeWallet
from seals.publish import publish
from tests.api.furnished_benefits import furnish_benefits
from tests.api.furnished_campaigns import furnish_campaigns
from tests.api.furnished_merchants import FORMS, furnish_merchants
from tests.api.furnished_recirculation import furnish_recirculation
from tests.api.furnished_staff import EMAIL, ROLES_GIVEN, furnish_staff
from tests.api.phone import qr_of
from tests.api.provider import WHEN
from tests.campaigns.versions_builder import drafting, step, stepping
from tests.closing import merchant_change, store_change, turn_merchant, turn_store
from tests.conftest import PROVIDER
from tests.insights.statistics_builder import furnish_statistics
from tests.notifications.alerts_builder import furnish_alerts
from tests.notifications.bulletins_builder import furnish_bulletins
from tests.notifications.dead_rows import furnish_dead_letters
from tests.notifications.notices_builder import (
    WORDS,
    drafted_notice,
    furnish_inbox,
    furnish_notices,
)
from tests.notifications.partner_rows import furnish_partners
from tests.notifications.upstream_builder import furnish_upstreams
from tests.residents.people import enrol, give_pin
from tests.seals.sealed_town import sealed, sealing
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

SHUT: tuple[Literal["closed", "open"], ...] = ("closed", "open")
PIN = "4071"
ADMIN_ROLES = {
    "fundings": "finance",
    "budget-returns": "finance",
    "funder-settlements": "finance",
    "funder-settlements.csv": "finance",
    "lists": "desk",
    "figures": "desk",
    "unclaimed-lines": "desk",
    "benefits": "campaigns",
    "versions": "campaigns",
    "plans": "campaigns",
    "bulletins": "campaigns",
    "alerts": "campaigns",
    "alert-upstreams": "desk",
    "notices": "campaigns",
    "notice-templates": "campaigns",
    "dead-letters": "desk",
    "partners": "campaigns",
    "notice-ways": "campaigns",
    "campaigns": "campaigns",
    "merchants": "finance",
    "suspense-placements": "finance",
    "suspense-returns": "finance",
    "suspense": "finance",
    "top-ups": "desk",
    "top-up-reversals": "finance",
    "wallets": "desk",
    "people": "desk",
    "regions": "operator",
    "operators": "operator",
    "looks": "desk",
    "recoveries": "desk",
    "acts": "auditor",
}
"""Who may do what under /v1/admin, the first that fits; everything else is for finance."""


@dataclass(frozen=True)
class Furnished:
    """Names of real things in one region."""

    wallet: Wallet
    store: Store
    known: Mapping[str, Any]
    """Parameter or member of a body -> what really has that name; `noun parameter` in its path."""
    refused: Mapping[str, Any]
    """The same for the parameters under which the refusal of a command is told."""

    def really(self, path: str, name: str) -> Any:
        """What a parameter of this path, or a member of its body, could really be."""
        return _found(self.known, path, name)

    def really_refused(self, path: str, name: str) -> Any:
        """The same, of a command that was refused where there is one."""
        return _found(self.refused, path, name) or self.really(path, name)

    def headers(self, app: FastAPI, path: str, security: list[dict[str, Any]]) -> dict[str, str]:
        """A token of the face that an operation wants; none where it wants none."""
        faces = [face for choice in security for face in choice]
        if not faces:
            return {}
        state: State = app.state.meguri
        if faces in (["resident"], ["any"]):
            token = issue(state.keys, "resident", self.wallet.person_id, "setagaya")
        elif faces == ["merchant"]:
            token = issue(
                state.keys, "merchant", uuid4(), "setagaya",
                merchant=self.store.merchant_id, role="owner",
            )  # fmt: skip
        else:
            nouns = path.split("/")
            role = next((role for noun, role in ADMIN_ROLES.items() if noun in nouns), "finance")
            region = "*" if role == "operator" else "setagaya"
            token = issue(state.keys, "admin", uuid4(), region, role=role)
        return {"Authorization": f"Bearer {token}"}


def _found(known: Mapping[str, Any], path: str, name: str) -> Any:
    noun = next((part for part in reversed(path.split("/")) if f"{part} {name}" in known), "")
    return known.get(f"{noun} {name}".strip())


async def ended_campaign(town: Town) -> tuple[UUID, UUID]:
    """A campaign that is over, and the return of its budget."""
    campaign_id = await town.draft_campaign()
    await town.fund(campaign_id, 1_000)
    await town.change_campaign(campaign_id, "ended")
    back = ReturnBudget(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="over")
    return campaign_id, (await town.submit(back)).accepted().entry_id


def settling(campaign_id: UUID) -> SettleFunders:
    """What the campaign spent is settled among its funders."""
    return SettleFunders(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="test")


async def furnish(town: Town, vault: Vault) -> Furnished:
    """Make one of everything: a campaign, a shop, payments, a refund, suspense, refusals."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await enrol(town.database, town.region.region_id, wallet.person_id)
    await give_pin(town.database, vault, town.region.region_id, wallet.person_id, PIN)
    campaign_id = await town.draft_campaign(rebate_bp=3000)
    funding = await town.fund(campaign_id, 50_000_000)
    await town.change_campaign(campaign_id, "approved")
    started = await town.change_campaign(campaign_id, "live")
    over = await ended_campaign(town)
    applies_from = await town.now() + timedelta(days=3)
    wanted = await drafting(town, campaign_id, applies_from, priority=5)
    version_id = (await town.submit(wanted)).accepted().entry_id
    withdrawn = await step(town, campaign_id, version_id, "withdrawn")
    settings = await town.change_settings()
    await town.change_wallet(wallet, "frozen")
    opened = await town.change_wallet(wallet, "open")
    shut = [await turn_merchant(town, store.merchant_id, state) for state in SHUT]
    away = [await turn_store(town, store, state) for state in SHUT]
    cash = await town.top_up_in_cash(wallet, 1_000)
    await town.top_up(wallet, 50_000)
    paid = await town.pay(wallet, store, 1_000)
    partly = await town.refund(paid.entry_id, store, 400)
    voided = await town.pay(wallet, store, 100)
    undone = await town.void(voided.entry_id, store)
    checked, refused_checks = await furnish_campaigns(town, wallet, store)
    settled = (await town.submit(settling(campaign_id))).accepted()
    held = [await town.top_up(Wallet(new_id(), uuid4()), 700) for _ in range(3)]
    name = {"actor": ADMIN, "reason": "test"}
    returned = ReturnSuspense(entry_id=new_id(), item_id=held[1].entry_id, **name)
    placed = PlaceSuspense(
        entry_id=new_id(), item_id=held[2].entry_id, wallet_id=wallet.wallet_id, **name
    )
    reversed_ = ReverseTopUp(entry_id=new_id(), top_up_id=placed.item_id, **name)
    for command in (returned, placed, reversed_):
        (await town.submit(command)).accepted()
    await town.change_wallet(wallet, "open")
    benefits, refused_benefits = await furnish_benefits(town, vault, wallet)
    refused: dict[str, Command] = {
        **refused_benefits,
        **refused_checks,
        "version_id": await drafting(town, campaign_id, applies_from),
        "payment_id": town.payment(wallet, store, 90_000),
        "refund_id": town.refund_of(paid.entry_id, store, 5_000),
        "void_id": town.void_of(paid.entry_id, store),
        "placement_id": PlaceSuspense(
            entry_id=new_id(), item_id=returned.item_id, wallet_id=wallet.wallet_id, **name
        ),
        "return_id": ReturnSuspense(entry_id=new_id(), item_id=returned.item_id, **name),
        "reversal_id": ReverseTopUp(entry_id=new_id(), top_up_id=placed.item_id, **name),
        "top_up_id": CounterTopUp(
            entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, amount_yen=10_000_000
        ),
        "funding_id": FundCampaign(
            entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, funder="city",
            amount_yen=MOST_FUNDED_YEN,
        ),
        "budget_return_id": ReturnBudget(entry_id=new_id(), campaign_id=over[0], **name),
        "settlement_id": settling(campaign_id),
        "campaigns change_id": ChangeCampaign(
            entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, state="live", reason="test"
        ),
        "withdrawal_id": stepping(campaign_id, version_id, "withdrawn"),
        "wallets change_id": ChangeWallet(
            entry_id=new_id(), wallet_id=wallet.wallet_id, state="open", **name
        ),
        "merchants change_id": merchant_change(store.merchant_id, "open"),
        "stores change_id": store_change(store, "open"),
    }  # fmt: skip
    for wished in refused.values():
        assert (await town.submit(wished)).entry.refusal is not None, wished
    await sealed(town)
    async with sealing(town.place) as database:
        await publish(database, town.region, None)
    merchants = await furnish_merchants(town, store)
    shops, refused_shops = await furnish_recirculation(town, wallet, store)
    known = {
        "region": "setagaya",
        **await furnish_staff(town, wallet, store),
        **benefits,
        **merchants,
        **shops,
        **await furnish_statistics(town),
        "day": "latest",
        "sale_id": partly.entry_id,
        "wallet_id": wallet.wallet_id,
        "store_id": store.store_id,
        "merchant_id": store.merchant_id,
        "campaign_id": campaign_id,
        "payment_id": paid.entry_id,
        "refund_id": partly.entry_id,
        "void_id": undone.entry_id,
        "entry_id": paid.entry_id,
        "top_up_id": cash.entry_id,
        "item_id": held[0].entry_id,
        "funding_id": funding.entry_id,
        "version_id": version_id,
        "withdrawal_id": withdrawn.entry_id,
        "versions applies_from": applies_from.isoformat(),
        "budget-returns campaign_id": over[0],
        "budget_return_id": over[1],
        "settlement_id": settled.entry_id,
        "placement_id": placed.entry_id,
        "return_id": returned.entry_id,
        "reversal_id": reversed_.entry_id,
        "campaigns change_id": started.entry_id,
        "region change_id": settings.entry_id,
        "wallets change_id": opened.entry_id,
        "merchants change_id": shut[1].entry_id,
        "stores change_id": away[1].entry_id,
        "qr": qr_of(store),
        "code": "setagaya",
        "provider": PROVIDER,
        "people person_id": wallet.person_id,
        "verifications tier": "verified_resident",
        "verifications evidence": "passport",
        "verifications expires_on": await town.today() + timedelta(days=365),
        "occurred_at": WHEN,
    }
    named: dict[str, Any] = {name: str(value) for name, value in known.items()}
    named |= {"method": "jpki", "proof": "of-anybody", "pin": PIN, "confirmation": {"pin": PIN}}
    named |= checked
    named |= {"email": EMAIL, "stores": [str(store.store_id)], **ROLES_GIVEN}
    named |= {
        **FORMS,
        **await furnish_alerts(town),
        **await furnish_upstreams(town),
        **await furnish_bulletins(town, store.store_id),
        **await furnish_notices(town),
        **await furnish_inbox(town, wallet),
        **await furnish_dead_letters(town),
        **await furnish_partners(town),
        "plans plan": known["plans plan"],
    }
    named["versions terms"] = wanted.terms.model_dump(mode="json")
    named["region settings"] = RegionSettings(recirculation=Recirculation(is_on=True)).model_dump()
    ids = {
        **{name: str(command.entry_id) for name, command in refused.items()},
        **refused_shops,
        "notices notice_id": str(await drafted_notice(town, {"by": "declared"}, WORDS)),
    }
    return Furnished(wallet, store, named, ids)
