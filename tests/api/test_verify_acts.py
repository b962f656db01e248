"""`meguri verify` finds who was let do what, and where money goes, past the log of acts."""

from access.acts import Doer
from access.logins import change_login_state
from access.posts import Reach, end_post, posts_of
from ledger.regions import load_regions
from payments.verify_acts import ACTS
from tests.api.owners_shop import open_shop
from tests.api.staff_world import World
from tests.tampered import missed
from tests.town_builder import new_id

OF = "FROM merchants.bank_account WHERE state = 'approved'"
CHANGED = {
    # A superuser makes somebody an approver, or an owner, or lets one stay who was dismissed.
    "UPDATE access.post SET role = 'approver' WHERE role = 'finance'": "posts",
    "INSERT INTO access.post SELECT region_id, gen_random_uuid(), login_id, 'admin', NULL,"
    " 'approver', NULL, given_by FROM access.post WHERE role = 'finance' LIMIT 1": "posts",
    "UPDATE access.post SET merchant_id = gen_random_uuid() WHERE role = 'owner'": "posts",
    "UPDATE access.post SET ended_at = NULL WHERE ended_at IS NOT NULL": "posts",
    "UPDATE access.post SET ended_at = now() WHERE role = 'approver'": "posts",
    "DELETE FROM access.post WHERE role = 'approver'": "posts",
    "DELETE FROM access.act WHERE act = 'post.given'": "posts",
    "UPDATE access.act SET actor = 'admin:' || gen_random_uuid() WHERE act = 'post.given'": "posts",
    "DELETE FROM access.act WHERE act = 'post.ended'": "posts",
    "UPDATE access.login SET state = 'active' WHERE state = 'suspended'": "a login",
    "UPDATE access.login SET state = 'suspended' WHERE state = 'active'": "a login",
    "DELETE FROM access.act WHERE act = 'login.suspended'": "a login",
    # Two people asked and approved: by the rows alone.
    "UPDATE access.request SET state = 'approved', decided_by = gen_random_uuid(),"
    " decided_at = now() WHERE state = 'open'": "requests",
    "UPDATE access.request SET state = 'open', decided_by = NULL, decided_at = NULL"
    " WHERE state = 'approved'": "requests",
    "UPDATE access.request SET decided_by = gen_random_uuid() WHERE state = 'approved'": "requests",
    "UPDATE access.request SET made_by = gen_random_uuid()": "requests",
    "DELETE FROM access.request WHERE state = 'approved'": "requests",
    "DELETE FROM access.act WHERE act = 'request.approved'": "requests",
    # Where money goes.
    "UPDATE merchants.bank_account SET account_number = '7654321'": "bank accounts",
    f"INSERT INTO merchants.bank_account SELECT region_id, gen_random_uuid(), merchant_id, '0009',"
    f" '001', 'ordinary', '7654345', holder_kana, 'approved', asked_by, asked_at, approved_by,"
    f" approved_at, now() {OF}": "bank accounts",
    "UPDATE merchants.bank_account SET state = 'approved', approved_by = 'admin:1',"
    " approved_at = now(), applies_from = now() WHERE state = 'asked'": "bank accounts",
    "UPDATE merchants.bank_account SET state = 'cancelled', ended_by = asked_by, ended_at ="
    " applies_from - interval '1 hour' WHERE state = 'approved'": "bank accounts",
    "UPDATE merchants.bank_account SET merchant_id = gen_random_uuid()": "bank accounts",
    "DELETE FROM merchants.bank_account WHERE state = 'approved'": "bank accounts",
    "DELETE FROM access.act WHERE act = 'bank_account.asked'": "bank accounts",
    "DELETE FROM access.act WHERE act = 'bank_account.approved'": "bank accounts",
}


async def test_posts_requests_and_accounts_that_no_act_made_are_found(world: World):
    shop, region_id = await open_shop(world), world.office.home.region_id
    first, second = new_id(), new_id()
    assert (await shop.ask(first)).status_code == 201
    assert (await shop.decide(first, shop.approver)).status_code == 200
    assert (await shop.ask(second, account_number="0012399")).status_code == 201
    clerks = [await world.office.hire(Reach("admin", "desk")) for _ in range(3)]
    left, dismissed, _ = [await world.id_of(clerk) for clerk in clerks]
    doer = Doer(await world.id_of(shop.approver), "admin:1", "approver")
    async with world.database.transaction(region_id) as db:
        await change_login_state(
            db, region_id, left, "suspended", actor=doer.actor, role=doer.role, reason="left"
        )
        [held] = await posts_of(db, region_id, dismissed)
        operator = Reach("admin", "operator")
        await end_post(db, region_id, doer, operator, held.post_id, "dismissed")
    [region] = (await load_regions(world.database)).values()
    assert await missed(world.superuser_url, region, ACTS, CHANGED) == {}
