"""Compare answers with the ledger: every operation, and every entry of the journal."""

from collections import Counter
from collections.abc import Iterator, Mapping

from torture.judge.holdings import Entry, Holdings
from torture.judge.promise import Broken, Promise
from torture.judge.told import Fate, Told
from torture.operations import MOVING

VALUE = ("coin", "points")


def compare(told: Mapping[str, Told], holdings: Holdings) -> list[Promise]:
    """What the answers promised, held against what the ledger has."""
    fates: Counter[Fate] = Counter(each.fate for each in told.values())
    return [
        _acknowledged(told, holdings, fates),
        _amounts(told, holdings),
        _refused(told, holdings, fates),
        _nothing_done(told, holdings, fates),
        _unknown(told, holdings),
        _nobody_asked(told, holdings),
        _same_answer(told),
        _due(told, holdings),
        _no_server_error(told),
    ]


def _acknowledged(told: Mapping[str, Told], holdings: Holdings, fates: Counter[Fate]) -> Promise:
    broken = Broken()
    for each in told.values():
        if each.fate != "acknowledged":
            continue
        entry = holdings.entries.get(each.op)
        if entry is None:
            broken.add(f"{each.kind} {each.op} was acknowledged and is not in the ledger")
        elif entry.refusal is not None:
            broken.add(f"{each.kind} {each.op} was acknowledged and stands as {entry.refusal}")
    for op in holdings.twice:
        broken.add(f"{op} stands twice in the ledger")
    return broken.promise(
        "Every acknowledged operation is in the ledger exactly once",
        f"{fates['acknowledged']:,} acknowledged",
    )


def _amounts(told: Mapping[str, Told], holdings: Holdings) -> Promise:
    broken = Broken()
    compared = 0
    for each in told.values():
        entry = holdings.entries.get(each.op)
        if each.fate != "acknowledged" or entry is None or entry.refusal is not None:
            continue
        compared += 1
        for words in _differences(each, entry):
            broken.add(f"{each.kind} {each.op}: {words}")
    return broken.promise(
        "Every amount that was answered is the amount that moved", f"{compared:,} compared"
    )


def _differences(told: Told, entry: Entry) -> Iterator[str]:
    if entry.kind != told.kind:
        yield f"the ledger has a {entry.kind}"
        return
    for name, answered, stands in _figures(told, entry):
        if answered != stands:
            yield f"{name}: answered {answered}, the ledger has {stands}"


def _figures(told: Told, entry: Entry) -> Iterator[tuple[str, object, object]]:
    """Name, as it was answered, and as the postings have it."""
    answer = told.answer
    if told.kind == "top_up":
        yield "amount", told.wanted["amount_yen"], entry.amount
        yield "moved", told.wanted["amount_yen"], entry.moved - _granted(entry)
        return
    yield "amount", answer["amount_yen"], entry.amount
    yield "number", answer["seq"], entry.seq
    yield "store", answer["store_id"], entry.other
    if told.kind == "payment":
        yield "wallet", answer["wallet_id"], entry.holder
        yield "to the shop", answer["amount_yen"], entry.credits.get("payable", 0)
        yield "points granted", answer["rebate_points"], _granted(entry)
        for kind in VALUE:
            parts = [part["amount"] for part in answer["paid_with"] if part["kind"] == kind]
            yield f"{kind} taken", sum(parts), entry.debits.get(kind, 0)
        return
    yield "given back", answer["amount_yen"], sum(entry.credits.get(kind, 0) for kind in VALUE)
    yield "payment", answer["payment_id"], entry.refers_to


def _granted(entry: Entry) -> int:
    """Points that reached the wallet, at once or later, or settled what its holder owed."""
    kinds = ("points", "points_pending", "resident_receivable")
    return sum(entry.credits.get(kind, 0) for kind in kinds)


def _refused(told: Mapping[str, Told], holdings: Holdings, fates: Counter[Fate]) -> Promise:
    broken = Broken()
    for each in told.values():
        if each.fate != "refused":
            continue
        entry = holdings.entries.get(each.op)
        if entry is None:
            broken.add(f"{each.kind} {each.op} was refused ({each.slug}) and not remembered")
        elif entry.refusal != each.slug:
            broken.add(f"{each.kind} {each.op} was refused ({each.slug}), stands {entry.refusal}")
        elif entry.moved:
            broken.add(f"{each.kind} {each.op} was refused and moved {entry.moved} yen")
    return broken.promise(
        "Every refusal by a rule is remembered, and moved nothing", f"{fates['refused']:,} refused"
    )


def _nothing_done(told: Mapping[str, Told], holdings: Holdings, fates: Counter[Fate]) -> Promise:
    broken = Broken()
    for each in told.values():
        if each.fate == "nothing done" and each.op in holdings.entries:
            broken.add(f"{each.kind} {each.op} was turned away, and is in the ledger")
    return broken.promise(
        "What was answered with `nothing was done` left nothing",
        f"{fates['nothing done']:,} turned away or never sent",
    )


def _unknown(told: Mapping[str, Told], holdings: Holdings) -> Promise:
    broken = Broken()
    looked: Counter[str] = Counter()
    for each in told.values():
        if each.fate == "unknown" and each.looked is None:
            broken.add(f"{each.kind} {each.op}: nobody could say what became of it")
        elif each.looked is not None:
            entry = holdings.entries.get(each.op)
            stands = "absent" if entry is None else entry.refusal or "stands"
            looked[stands] += 1
            if each.looked != stands:
                broken.add(f"{each.kind} {each.op}: its id told {each.looked}, it is {stands}")
    were = sum(each.was_unknown for each in told.values())
    seen = ", ".join(f"{count:,} {what}" for what, count in sorted(looked.items())) or "none"
    return broken.promise(
        "Every unknown outcome can be asked for by its id, which tells the truth",
        f"{were:,} unknown at some moment; asked in the end: {seen}",
    )


def _nobody_asked(told: Mapping[str, Told], holdings: Holdings) -> Promise:
    broken = Broken()
    moving = [entry for entry in holdings.entries.values() if entry.kind in MOVING]
    settled = 0
    for entry in moving:
        if entry.entry_id in told:
            continue
        if entry.kind == "top_up" and entry.seq <= holdings.opened_at:
            settled += 1
        else:
            broken.add(f"{entry.kind} {entry.entry_id} of {entry.amount} yen: nobody asked for it")
    return broken.promise(
        "Nothing is in the ledger that nobody asked for",
        f"{len(moving) - settled:,} entries that move value",
    )


def _same_answer(told: Mapping[str, Told]) -> Promise:
    broken = Broken()
    again = 0
    for each in told.values():
        again += each.asked > 1
        if each.differing:
            broken.add(f"{each.kind} {each.op}: {each.differing} answers differ from the first")
    return broken.promise(
        "The same id has the same answer, however often it is asked",
        f"{again:,} ids were asked more than once",
    )


def _due(told: Mapping[str, Told], holdings: Holdings) -> Promise:
    """Each shop's money, reckoned from answers alone."""
    broken = Broken()
    due: Counter[str] = Counter()
    for each in told.values():
        if each.fate == "acknowledged" or (each.fate == "unknown" and each.looked == "stands"):
            sign = {"payment": 1, "refund": -1, "void": -1}.get(each.kind, 0)
            amount = each.answer.get("amount_yen") or holdings.amount_of(each.op)
            due[str(each.wanted.get("store"))] += sign * amount
    shops = {holdings.merchant_of[store]: yen for store, yen in due.items() if store != "None"}
    for merchant, yen in shops.items():
        if holdings.due_yen.get(merchant, 0) != yen:
            broken.add(
                f"merchant {merchant}: by the answers {yen} yen are due, in the ledger"
                f" {holdings.due_yen.get(merchant, 0)}"
            )
    return broken.promise(
        "What is due to each shop is what the answers add up to",
        f"{len(shops):,} shops, {sum(shops.values()):,} yen",
    )


def _no_server_error(told: Mapping[str, Told]) -> Promise:
    errors = sum(each.server_errors for each in told.values())
    return Promise("No answer was an internal error (500)", errors == 0, f"{errors:,} seen")
