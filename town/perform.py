"""Does one act of the day over HTTP and writes down what the answer told."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core.clock import Clock
from core.ids import uuid7
from town import acts, answers, qr, wire
from town.acts import Act, Slip
from town.client import Client
from town.directory import Directory, Listing
from town.people import Resident
from town.tokens import Tokens
from town.told import Paid, Told
from town.wire import Answer, Call


@dataclass(slots=True)
class Stage:
    """Everybody and everything an act needs: the people, their ids and tokens, the line, the clock.

    `told` is filled as answers come.
    """

    people: tuple[Resident, ...]
    directory: Directory
    tokens: Tokens
    client: Client
    clock: Clock
    told: Told = field(default_factory=Told)
    _ids: dict[int, UUID] = field(default_factory=dict)
    _topped_up_at: dict[int, datetime] = field(default_factory=dict)
    _webhooks: dict[int, tuple[Call, str]] = field(default_factory=dict)

    async def perform(self, act: Act) -> None:
        """Do `act` now; what it waits for has been answered. Raises client.UnreachableError."""
        match act:
            case acts.OpenWallet():
                await self._open_wallet(act)
            case acts.TopUp():
                await self._top_up(act)
            case acts.Redeliver():
                await self._redeliver(act)
            case acts.ReverseTopUp():
                await self._reverse(act)
            case acts.Pay():
                await self._pay(act)
            case acts.Replay():
                await self._replay(act)
            case acts.Refund():
                await self._refund(act)
            case acts.Void():
                await self._void(act)
            case _:
                raise AssertionError(act)
        self.told.acts += 1

    async def _open_wallet(self, act: acts.OpenWallet) -> None:
        wallet_id = self._new_id(act)
        self.directory.wallets[act.resident] = wallet_id
        answer = await self.client.send(wire.open_wallet(wallet_id, self._token(act.resident)))
        if self.told.compare(act, answer, wire.CREATED):
            self.told.opened_wallets += 1

    async def _top_up(self, act: acts.TopUp) -> None:
        ref = self._new_id(act)
        wallet_id = ref if act.resident is None else self.directory.wallets[act.resident]
        occurred_at = self.clock.now()
        call = wire.top_up(f"bank-{ref}", wallet_id, act.amount_yen, occurred_at)
        self._topped_up_at[act.number] = occurred_at
        self._webhooks[act.number] = (call, f"msg_{ref}")
        forged = act.slip is Slip.FORGED_WEBHOOK
        answer = await self.client.deliver(call, f"msg_{ref}", forged=forged)
        if not self.told.compare(act, answer, wire.awaited(act, wire.CREDITED)) or forged:
            return
        self.told.entries[UUID(answer.body["entry_id"])] = None
        if act.resident is None:
            self.told.suspense_yen += act.amount_yen
        else:
            self.told.top_ups[act.number] = act.amount_yen
            self.told.resident_entries[act.resident] += 1

    async def _redeliver(self, act: acts.Redeliver) -> None:
        call, webhook_id = self._webhooks[act.top_up]
        answer = await self.client.deliver(call, webhook_id)
        if self.told.compare(act, answer, wire.awaited(act, wire.CREDITED)):
            self.told.entries[UUID(answer.body["entry_id"])] = None

    async def _reverse(self, act: acts.ReverseTopUp) -> None:
        ref = self._new_id(act)
        top_up_ref, topped_up_at = f"bank-{self._ids[act.top_up]}", self._topped_up_at[act.top_up]
        call = wire.reverse_top_up(top_up_ref, topped_up_at, f"back-{ref}", self.clock.now())
        answer = await self.client.deliver(call, f"msg_{ref}")
        if self.told.compare(act, answer, wire.REVERSED):
            self.told.entries[UUID(answer.body["entry_id"])] = None
            self.told.reversed_yen += act.amount_yen
            self.told.resident_entries[act.resident] += 1

    async def _pay(self, act: acts.Pay) -> None:
        payment_id = self._new_id(act)
        call = wire.pay(
            payment_id,
            self.directory.wallets[act.wallet_of],
            _shown(act.slip, self._shop(act.shop).qr),
            _written(act.slip, act.amount_yen),
            self._payer_token(act),
        )
        answer = await (self._tap_twice(act, call) if act.double_tap else self.client.send(call))
        if not self.told.compare(act, answer, wire.awaited(act, wire.CREATED)):
            return
        if act.slip is not None:
            self._remember_refusal(payment_id, answer)
            return
        self._note_payment(act, payment_id, answer)

    async def _tap_twice(self, act: acts.Pay, call: Call) -> Answer:
        """Send one request twice at the same moment: one pays, both get the same answer."""
        one, other = await asyncio.gather(self.client.send(call), self.client.send(call))
        self.told.compare(act, other, wire.CREATED)
        if one.body != other.body or one.replayed == other.replayed:
            self.told.surprise(act, "one payment, told twice", "two different answers")
        return one

    def _note_payment(self, act: acts.Pay, payment_id: UUID, answer: Answer) -> None:
        coin_yen, points = answers.paid_with(answer.body)
        rebate_points = answers.rebate_points(answer.body)
        self.told.payments[act.number] = Paid(
            payment_id=payment_id,
            resident=act.resident,
            shop=act.shop,
            amount_yen=act.amount_yen,
            coin_yen=coin_yen,
            points=points,
            rebate_points=rebate_points,
        )
        self.told.entries[payment_id] = None
        self.told.rebate_points += rebate_points
        self.told.resident_entries[act.resident] += 1
        if (coin_yen, rebate_points) != (act.coin_yen, act.rebate_points):
            awaited = f"coin {act.coin_yen}, rebate {act.rebate_points}"
            self.told.surprise(act, awaited, f"coin {coin_yen}, rebate {rebate_points}")

    async def _replay(self, act: acts.Replay) -> None:
        call = wire.pay(
            self._ids[act.payment],
            self.directory.wallets[act.resident],
            self._shop(act.shop).qr,
            act.amount_yen,
            self._token(act.resident),
        )
        answer = await self.client.send(call)
        self.told.compare(act, answer, wire.awaited(act, wire.CREATED))

    async def _refund(self, act: acts.Refund) -> None:
        refund_id = self._new_id(act)
        token = self._shop_token(act.shop)
        call = wire.refund(refund_id, self._ids[act.payment], act.amount_yen, token)
        answer = await self.client.send(call)
        if self.told.compare(act, answer, wire.awaited(act, wire.CREATED)):
            self._note_return(act, refund_id, answer)

    async def _void(self, act: acts.Void) -> None:
        void_id = self._new_id(act)
        call = wire.void(void_id, self._ids[act.payment], self._shop_token(act.shop))
        answer = await self.client.send(call)
        if self.told.compare(act, answer, wire.CREATED):
            self._note_return(act, void_id, answer)

    def _note_return(self, act: acts.Refund | acts.Void, entry_id: UUID, answer: Answer) -> None:
        if act.slip is not None:
            self._remember_refusal(entry_id, answer)
            return
        self.told.entries[entry_id] = None
        self.told.returns += 1
        self.told.refunded_yen += act.returns_yen
        self.told.resident_entries[act.resident] += 1
        if act.payment in self.told.payments:
            self.told.payments[act.payment].refunded_yen += act.returns_yen
        if answers.amount_yen(answer.body) != act.returns_yen:
            got = str(answers.amount_yen(answer.body))
            self.told.surprise(act, f"{act.returns_yen} yen given back", got)

    def _remember_refusal(self, entry_id: UUID, answer: Answer) -> None:
        """A rule's refusal stands in the journal under the id; a malformed call leaves nothing."""
        if answer.status == 409:
            self.told.entries[entry_id] = answer.slug

    def _new_id(self, act: Act) -> UUID:
        made = uuid7(self.clock.now())
        self._ids[act.number] = made
        return made

    def _token(self, resident: int) -> str:
        return self.tokens.resident(self.people[resident].person_id)

    def _payer_token(self, act: acts.Pay) -> str:
        if act.slip is Slip.WRONG_FACE:
            return self._shop_token(act.shop)
        if act.slip is Slip.EXPIRED_TOKEN:
            return self.tokens.expired_resident(self.people[act.resident].person_id)
        return self._token(act.resident)

    def _shop(self, number: int) -> Listing:
        return self.directory.shops[number]

    def _shop_token(self, number: int) -> str:
        shop = self._shop(number)
        return self.tokens.shop(shop.owner_id, shop.merchant_id)


def _shown(slip: Slip | None, text: str) -> str:
    """What the resident's camera reads."""
    if slip is Slip.DAMAGED_QR:
        return qr.damaged(text)
    if slip is Slip.UNKNOWN_SHOP:
        return qr.of_unknown_shop(text)
    return text


def _written(slip: Slip | None, amount_yen: int) -> object:
    """The amount as it is sent; the wrong ones are wrong on purpose."""
    match slip:
        case Slip.AMOUNT_ZERO:
            return 0
        case Slip.AMOUNT_DECIMAL:
            return 1.0
        case Slip.AMOUNT_TEXT:
            return "100"
        case _:
            return amount_yen
