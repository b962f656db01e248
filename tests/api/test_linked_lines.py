"""Bank lines of what finance had entered by hand: linked, and nothing is entered twice."""

from httpx import Response

from payments.verify import verify_books
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.test_bank_lines import WHY, lines_of, match, proposals
from tests.api.test_settlements import settlement_of
from tests.api.test_transfer_files import approved, made, office, stores
from tests.town_builder import Store, Town, new_id

__all__ = ["office", "stores"]


async def test_what_was_entered_by_hand_is_linked_undone_and_linked_again(
    office: Office, town: Town, stores: list[Store]
):
    file = await made(office, await approved(office, town))
    small = await settlement_of(office, stores[0])
    early = await lines_of(office, town, [(1, -2_951, "総合振込"), (2, 984, "組戻")])
    answer = await match(office, early[-2_951], "file", file["file_id"])
    is_problem(answer, 409, "transfer-file-state-wrong")
    answer = await match(office, early[984], "return", small["settlement_id"])
    is_problem(answer, 409, "payout-not-paid")
    maker, office.people["finance"] = office.people["finance"], new_id()
    for step in ("sending", "payment"):
        await office.post("finance", f"transfer-files/{file['file_id']}/{step}", {})
    office.people["finance"] = maker
    path = f"settlements/{small['settlement_id']}/returns/{new_id()}"
    assert (await office.put("finance", path, WHY)).status_code == 201
    told = (await office.get("finance", "bank-reconciliation")).json()
    assert (told["entered_yen"], told["open_yen"], told["unexplained_yen"]) == (-1_967, -1_967, 0)
    before = await town.rows("SELECT count(*) AS n FROM ledger.entry")
    for _ in range(2):
        linked = [
            await match(office, early[-2_951], "file", file["file_id"]),
            await match(office, early[984], "return", small["settlement_id"]),
        ]
        assert [(each.status_code, each.json()["is_linked"]) for each in linked] == [
            (201, True)
        ] * 2
        for each in map(Response.json, linked):
            path = f"bank-lines/{each['line_id']}/matches/{each['match_id']}/undoing"
            assert (await office.post("finance", path, WHY)).status_code == 200
    told = (await office.get("finance", "bank-reconciliation")).json()
    assert (told["entered_yen"], told["open_yen"], told["unexplained_yen"]) == (-1_967, -1_967, 0)
    kinds = [(await proposals(office, line))[0][0] for line in early.values()]
    assert sorted(kinds) == ["file", "return"]
    assert (await match(office, early[-2_951], "file", file["file_id"])).status_code == 201
    assert (await match(office, early[984], "return", small["settlement_id"])).status_code == 201
    assert await town.rows("SELECT count(*) AS n FROM ledger.entry") == before
    told = (await office.get("finance", "bank-reconciliation")).json()
    assert (told["difference_yen"], told["entered_yen"], told["unexplained_yen"]) == (0, 0, 0)
    assert (await verify_books(town.database, town.region)).faults == ()
