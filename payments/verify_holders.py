"""Recompute holders from the journal: who is there, in which state, with which facts, and whose."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.command import Command
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, asked
from merchants.merchant import OpenStore
from merchants.shop_wallet import OpenShopWallet
from residents.wallet import OpenWallet

# Every entry that may change a holder, in order, with the state that it brings. A reversal of a
# top-up freezes a wallet that is open then, which is one whose last change was to open it: it is
# left out where it found the wallet shut.
_STEPS: Final = """
    SELECT holder_id, seq, entry_id, kind, facts,
           coalesce(brings, 'frozen') AS state,
           CASE WHEN kind = 'campaign.version_changed' THEN facts ->> 'campaign_state'
                WHEN kind LIKE '%.changed' AND kind <> 'region.changed'
                THEN facts ->> 'before' END AS said_before,
           lag(coalesce(brings, 'frozen')) OVER of_holder AS state_before,
           row_number() OVER of_holder AS version
      FROM (SELECT *, lag(brings) OVER (PARTITION BY holder_id ORDER BY seq) AS found
              FROM (SELECT e.seq, e.entry_id, e.kind, e.facts,
                           CASE WHEN e.kind IN ('region.opened', 'region.changed')
                                THEN '00000000-0000-0000-0000-000000000000'
                                WHEN e.kind IN ('wallet.opened', 'merchant.opened', 'store.opened',
                                                'shop_wallet.opened', 'campaign.created',
                                                'benefit.created')
                                THEN e.entry_id ELSE e.holder_id END AS holder_id,
                           CASE WHEN e.kind LIKE 'person.%'
                                     OR e.kind IN ('merchant.described', 'campaign.end_announced')
                                THEN e.facts ->> 'state'
                                WHEN e.kind LIKE '%.opened' OR e.kind = 'region.changed' THEN 'open'
                                WHEN e.kind IN ('campaign.created', 'benefit.created') THEN 'draft'
                                WHEN e.kind = 'benefit.listed' THEN 'listed'
                                WHEN e.kind = 'campaign.version_changed'
                                THEN e.facts ->> 'campaign_state'
                                WHEN e.kind LIKE '%.changed' THEN e.facts ->> 'state' END AS brings
                      FROM ledger.entry e
                     WHERE e.region_id = :region AND e.refusal IS NULL
                       AND (e.kind IN ('region.opened', 'region.changed', 'wallet.opened',
                                       'wallet.changed', 'shop_wallet.opened',
                                       'merchant.opened', 'merchant.changed',
                                       'merchant.described', 'store.opened', 'store.changed',
                                       'campaign.created', 'campaign.changed',
                                       'campaign.version_changed', 'campaign.end_announced',
                                       'benefit.created', 'benefit.listed', 'benefit.changed',
                                       'person.verified', 'person.described', 'person.limited',
                                       'person.closed')
                            OR (e.kind = 'top_up.reversed' AND e.holder_id IS NOT NULL))) e) e
     WHERE brings IS NOT NULL OR found = 'open'
    WINDOW of_holder AS (PARTITION BY holder_id ORDER BY seq)
"""

_STATES: Final = f"""
    SELECT format('%s %s: %s in version %s, recomputed %s %s in version %s',
                  coalesce(h.kind, 'no'), holder_id, coalesce(h.state, 'absent'),
                  coalesce(h.version, 0), coalesce(s.kind, 'no'), coalesce(s.state, 'absent'),
                  coalesce(s.version, 0))
      FROM (SELECT DISTINCT ON (holder_id) holder_id, state, version,
                   CASE split_part(first_value(kind) OVER w, '.', 1)
                        WHEN 'region' THEN 'issuer'
                        ELSE split_part(first_value(kind) OVER w, '.', 1) END AS kind
              FROM ({_STEPS}) s WINDOW w AS (PARTITION BY holder_id ORDER BY seq)
             ORDER BY holder_id, seq DESC) s
      FULL JOIN (SELECT * FROM ledger.holder WHERE region_id = :region) h USING (holder_id)
     WHERE (h.kind, h.state, h.version) IS DISTINCT FROM (s.kind, s.state, s.version)
     ORDER BY holder_id
"""

_BEFORE: Final = f"""
    SELECT format('entry %s found %s %s, recomputed %s', entry_id, holder_id, said_before,
                  coalesce(state_before, 'nobody'))
      FROM ({_STEPS}) s
     WHERE said_before IS NOT NULL AND said_before IS DISTINCT FROM state_before
     ORDER BY seq
"""

# A merchant or person of whom the last entry that describes them was erased keeps facts that the
# journal does not tell any more. The name of a store stands in no entry: `_commanded` proves it.
_FACTS: Final = f"""
    SELECT format('%s %s: facts %s, recomputed %s', h.kind, h.holder_id, h.facts, s.facts)
      FROM (SELECT holder_id,
                   CASE split_part(min(kind) FILTER (WHERE version = 1), '.', 1)
                        WHEN 'region'
                        THEN (array_agg(facts -> 'settings' ORDER BY seq DESC))[1]
                        WHEN 'person'
                        THEN (array_agg(facts -> 'person' ORDER BY seq DESC))[1]
                        WHEN 'campaign'
                        THEN jsonb_strip_nulls(jsonb_build_object(
                                 'name', (array_agg(facts -> 'name' ORDER BY seq))[1],
                                 'plan', (array_agg(facts -> 'plan' ORDER BY seq DESC))[1],
                                 'last_day', (array_agg(facts -> 'last_day')
                                     FILTER (WHERE kind = 'campaign.end_announced'))[1]))
                        WHEN 'benefit'
                        THEN (array_agg(facts -> 'benefit' ORDER BY seq DESC))[1]
                        WHEN 'merchant'
                        THEN coalesce((array_agg(facts -> 'merchant' ORDER BY seq DESC)
                                       FILTER (WHERE kind = 'merchant.described'))[1],
                                      (array_agg(facts ORDER BY seq))[1])
                        WHEN 'shop_wallet' THEN '{{}}'
                        WHEN 'wallet'
                        THEN CASE WHEN bool_or(kind = 'top_up.reversed')
                                  THEN '{{"frozen_for": "top-up-reversed"}}'::jsonb
                                  ELSE '{{}}' END END AS facts,
                   (array_agg(facts ->> 'terms' ORDER BY seq DESC)
                        FILTER (WHERE facts ? 'terms'))[1] AS terms,
                   (array_agg(entry_id ORDER BY seq DESC)
                    FILTER (WHERE kind NOT LIKE '%.changed'))[1] AS last_id
              FROM ({_STEPS}) s GROUP BY holder_id) s
      JOIN ledger.holder h ON h.region_id = :region AND h.holder_id = s.holder_id
      LEFT JOIN ledger.entry e
        ON e.region_id = :region
       AND h.kind IN ('merchant', 'person') AND e.entry_id = s.last_id
       AND e.fingerprint = decode(repeat('00', 16), 'hex')
     WHERE h.kind <> 'store' AND e.entry_id IS NULL
       AND (h.facts IS DISTINCT FROM s.facts
            OR encode(h.terms_hash, 'hex') IS DISTINCT FROM s.terms)
     ORDER BY h.holder_id
"""

_OPENED: Final = text("""
    SELECT h.holder_id, h.kind, h.subject_id, h.parent_id, h.facts ->> 'name' AS name, e.actor,
           e.fingerprint
      FROM ledger.holder h
      JOIN ledger.entry e
        ON e.region_id = :region AND e.entry_id = h.holder_id AND e.refusal IS NULL
       AND e.kind = h.kind || '.opened'
     WHERE h.region_id = :region AND h.kind IN ('wallet', 'shop_wallet', 'store')
     ORDER BY e.seq
""")


async def _commanded(session: AsyncSession, region: Region) -> list[str]:
    """The person of a wallet, the merchant of a shop's, and merchant and name of a store, stand in
    no facts.

    Its fingerprint covers them: nobody else's command has it.
    """
    faults: list[str] = []
    rows = await session.stream(_OPENED, {"region": region.region_id})
    async for row in rows:
        if _command(row).fingerprint != row.fingerprint:
            faults.append(f"{row.kind} {row.holder_id} was opened for somebody else")
        if len(faults) == MOST_FAULTS:
            break
    await rows.close()
    return faults


def _command(opened: Row[Any]) -> Command:
    if opened.kind == "wallet":
        return OpenWallet(
            entry_id=opened.holder_id, actor=opened.actor, person_id=opened.subject_id
        )
    if opened.kind == "shop_wallet":
        return OpenShopWallet(
            entry_id=opened.holder_id, actor=opened.actor, merchant_id=opened.subject_id
        )
    return OpenStore(
        entry_id=opened.holder_id,
        actor=opened.actor,
        merchant_id=opened.parent_id,
        name=opened.name,
    )


HOLDERS: Final[Mapping[str, Check]] = {
    "a holder is in the state that the journal left it in": asked(_STATES),
    "a change of state begins where the one before it ended": asked(_BEFORE),
    "a holder's facts are what the journal says": asked(_FACTS),
    "a holder is whose it was opened for": _commanded,
}
