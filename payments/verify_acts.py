"""Compare who may do what, and where money goes, with the log of acts and the requests behind it.

None of it stands in the journal, so none of it is sealed: whoever changes a row and its acts alike
is not found here (docs/OPERATING.md). Whoever changes the row alone is.
"""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from core.database import Database
from core.revocations import EVERYWHERE
from ledger.regions import Region
from ledger.verify import Check, Fault, asked
from payments.verify_transfers import TRANSFERS

# Both ways: a post that no act gave, and an act whose post is gone, or is another one.
_POSTS: Final = """
    SELECT format('post %s of login %s: %s as %s, the log of acts %s',
                  coalesce(p.post_id, a.post_id), coalesce(p.login_id, a.login_id),
                  coalesce(p.state, 'gone'), coalesce(p.role, a.role),
                  coalesce(a.state || ' as ' || a.role, 'has none'))
      FROM (SELECT post_id, login_id::text, role, merchant_id::text, given_by,
                   CASE WHEN ended_at IS NULL THEN 'held' ELSE 'ended' END AS state
              FROM access.post WHERE region_id = :region) p
      FULL JOIN (
            SELECT g.object_id AS post_id, g.facts ->> 'login_id' AS login_id,
                   g.facts ->> 'post_role' AS role, g.facts ->> 'merchant_id' AS merchant_id,
                   g.actor AS given_by,
                   CASE WHEN EXISTS (SELECT FROM access.act e
                                      WHERE e.region_id = :region AND e.object_id = g.object_id
                                        AND e.act = 'post.ended')
                        THEN 'ended' ELSE 'held' END AS state
              FROM access.act g WHERE g.region_id = :region AND g.act = 'post.given') a
        ON a.post_id = p.post_id
     WHERE (p.login_id, p.role, p.merchant_id, p.given_by, p.state) IS DISTINCT FROM
           (a.login_id, a.role, a.merchant_id, a.given_by, a.state)
     ORDER BY 1
"""

_LOGINS: Final = """
    SELECT format('login %s is %s, the log of acts leaves it %s', l.login_id, l.state, a.state)
      FROM access.login l
     CROSS JOIN LATERAL (
           SELECT coalesce((SELECT CASE act WHEN 'login.suspended' THEN 'suspended'
                                            ELSE 'active' END
                              FROM access.act
                             WHERE region_id = :region AND object_id = l.login_id
                               AND act IN ('login.suspended', 'login.resumed')
                             ORDER BY at DESC, act_id DESC LIMIT 1), 'active') AS state) a
     WHERE l.region_id = :region AND l.state <> a.state
     ORDER BY 1
"""

# Of a person's recovery the acts have names of their own. Who left has withdrawn without an act.
_REQUESTS: Final = """
    SELECT format('request %s (%s) was made by %s and is %s by %s, the log of acts: %s by %s',
                  coalesce(r.request_id, a.request_id), coalesce(r.kind, a.kind), r.made_by,
                  coalesce(r.state, 'gone'), coalesce(r.decided_by::text, 'nobody'),
                  coalesce(a.step, 'not decided'), coalesce(a.decided_by, a.made_by, 'nobody'))
      FROM (SELECT *, CASE WHEN state IN ('approved', 'refused') THEN state END AS decided
              FROM access.request WHERE region_id = :region) r
      FULL JOIN (
            SELECT object_id AS request_id, min(coalesce(facts ->> 'kind', 'recovery')) AS kind,
                   min(split_part(actor, ':', 2)) FILTER (WHERE n.step IN ('made', 'asked'))
                   AS made_by,
                   min(n.step) FILTER (WHERE n.step IN ('approved', 'refused')) AS step,
                   min(split_part(actor, ':', 2)) FILTER (WHERE n.step IN ('approved', 'refused'))
                   AS decided_by
              FROM access.act
             CROSS JOIN LATERAL (SELECT split_part(act, '.', 2) AS step) n
             WHERE region_id = :region
               AND (act IN ('request.made', 'request.approved', 'request.refused')
                    OR act IN ('recovery.asked', 'recovery.approved', 'recovery.refused'))
             GROUP BY object_id) a
        ON a.request_id = r.request_id
     WHERE (r.made_by::text, r.decided, CASE WHEN r.decided <> '' THEN r.decided_by::text END)
           IS DISTINCT FROM (a.made_by, a.step, a.decided_by)
     ORDER BY 1
"""

# The first account of a merchant comes with its application, by the act that approved this.
_ACCOUNTS: Final = """
    SELECT format('bank account %s of merchant %s: %s', coalesce(v.version_id, a.version_id),
                  coalesce(v.merchant_id::text, a.merchant_id), w.wrong)
      FROM (SELECT * FROM merchants.bank_account WHERE region_id = :region) v
      LEFT JOIN access.act o
        ON o.region_id = :region AND o.act = 'application.approved'
       AND o.facts ->> 'merchant_id' = v.merchant_id::text AND o.actor = v.approved_by
      LEFT JOIN merchants.application f
        ON f.region_id = :region AND f.application_id = o.object_id
       AND f.merchant_id = v.merchant_id
      LEFT JOIN access.request r
        ON r.region_id = :region AND r.request_id = v.version_id AND r.kind = 'bank_account.change'
      FULL JOIN (
            SELECT object_id AS version_id, min(facts ->> 'merchant_id') AS merchant_id,
                   min(actor) FILTER (WHERE act = 'bank_account.asked') AS asked_by,
                   min(actor) FILTER (WHERE act = 'bank_account.approved') AS approved_by,
                   min(split_part(act, '.', 2)) FILTER (WHERE act IN ('bank_account.refused',
                                                        'bank_account.cancelled')) AS over
              FROM access.act
             WHERE region_id = :region AND act LIKE 'bank\\_account.%'
             GROUP BY object_id) a
        ON a.version_id = v.version_id
     CROSS JOIN LATERAL (
           SELECT CASE
               WHEN v.version_id IS NULL THEN 'it is gone, and the log of acts knows it'
               WHEN a.version_id IS NULL AND o.act_id IS NULL THEN 'nobody asked for it'
               WHEN a.version_id IS NULL AND f.form IS NOT NULL
                    AND (f.form #>> '{bank_account,bank_code}',
                         f.form #>> '{bank_account,branch_code}',
                         lpad(f.form #>> '{bank_account,account_number}', 7, '0')) IS DISTINCT FROM
                        (v.bank_code, v.branch_code, v.account_number)
               THEN 'it is not the one of the application'
               WHEN a.version_id IS NULL AND v.state <> 'approved' THEN 'nobody changed its state'
               WHEN a.version_id IS NULL THEN NULL
               WHEN v.asked_by IS DISTINCT FROM a.asked_by
                    OR v.merchant_id::text IS DISTINCT FROM a.merchant_id
               THEN 'another one asked for it'
               WHEN v.approved_by IS DISTINCT FROM a.approved_by THEN 'nobody approved it so'
               WHEN CASE WHEN v.state IN ('refused', 'cancelled') THEN v.state END
                    IS DISTINCT FROM a.over AND v.ended_by IS DISTINCT FROM 'job:too-late'
               THEN 'nobody changed its state'
               WHEN r.facts ->> 'ends_with' IS DISTINCT FROM right(v.account_number, 3)
               THEN 'another number was asked for' END AS wrong) w
     WHERE w.wrong IS NOT NULL
     ORDER BY 1
"""

_RUNS: Final = """
    SELECT format('settlement run %s: %s', run_id, w.wrong)
      FROM merchants.settlement_run s
     CROSS JOIN LATERAL (
           SELECT CASE
               WHEN s.reviewed_by IS NOT NULL AND NOT EXISTS (
                        SELECT FROM access.act a
                         WHERE a.region_id = :region AND a.act = 'settlement_run.reviewed'
                           AND a.object_id = s.run_id AND a.actor = s.reviewed_by)
               THEN 'nobody reviewed it so'
               WHEN s.approved_by IS NOT NULL AND NOT EXISTS (
                        SELECT FROM access.request r
                         WHERE r.region_id = :region AND r.kind = 'settlement.approval'
                           AND r.object_id = s.run_id AND r.state = 'approved'
                           AND r.decided_by::text = split_part(s.approved_by, ':', 2))
               THEN 'nobody approved it so' END AS wrong) w
     WHERE s.region_id = :region AND w.wrong IS NOT NULL
     ORDER BY 1
"""

_FILES: Final = """
    SELECT format('transfer file %s was %s by %s, the log of acts has %s', f.file_id, s.step, s.by,
                  coalesce(a.actor, 'nobody'))
      FROM merchants.transfer_file f
     CROSS JOIN LATERAL (VALUES ('made', f.made_by), ('sent', f.sent_by), ('paid', f.paid_by))
                s(step, by)
      LEFT JOIN access.act a
        ON a.region_id = :region AND a.object_id = f.file_id AND a.act = 'transfer_file.' || s.step
     WHERE f.region_id = :region AND s.by IS DISTINCT FROM a.actor
    UNION ALL
    SELECT format('transfer file %s is gone, and the log of acts knows it', a.object_id)
      FROM access.act a
     WHERE a.region_id = :region AND a.act = 'transfer_file.made'
       AND NOT EXISTS (SELECT FROM merchants.transfer_file f
                        WHERE f.region_id = :region AND f.file_id = a.object_id)
     ORDER BY 1
"""

_PAID_TO: Final = """
    SELECT format('settlement %s of merchant %s is paid to account %s of merchant %s',
                  s.settlement_id, s.merchant_id, s.account_id, v.merchant_id)
      FROM merchants.settlement s
      JOIN merchants.bank_account v ON v.region_id = :region AND v.version_id = s.account_id
     WHERE s.region_id = :region
       AND (v.merchant_id <> s.merchant_id OR v.approved_at IS NULL)
     ORDER BY 1
"""

PEOPLE: Final[Mapping[str, Check]] = {
    "posts are those that the log of acts gave and ended": asked(_POSTS),
    "a login is suspended by an act": asked(_LOGINS),
    "requests were made and decided as the log of acts says": asked(_REQUESTS),
}
"""Of the office and of merchants; for operators too, who belong to region 0."""

ACTS: Final[Mapping[str, Check]] = {
    **PEOPLE,
    "bank accounts were asked for and approved as the log of acts says": asked(_ACCOUNTS),
    "runs of settlements were reviewed and approved": asked(_RUNS),
    "transfer files were made, sent and paid by acts": asked(_FILES),
    "a settlement is paid to an account of its merchant": asked(_PAID_TO),
    **TRANSFERS,
}


async def verify_operators(database: Database) -> list[Fault]:
    """The same of operators' posts, logins and requests."""
    nowhere = Region(EVERYWHERE, "*", "", ZoneInfo("UTC"))
    async with database.snapshot(EVERYWHERE) as session:
        return [
            Fault(f"of operators: {name}", place)
            for name, check in PEOPLE.items()
            for place in await check(session, nowhere)
        ]
