"""What each role of PostgreSQL may do with which relation and function: all else is refused.

Written down by hand, and never read from the catalog: a GRANT that somebody adds shows as an
attempt that is not in this list. A right on some columns has their names behind it. There is no
second list: the tests that ask the catalog (`tests/ledger/rights.py`) take the application's rights
from this one.
"""

from typing import Final

Rights = dict[str, frozenset[str] | None]
"""SELECT, INSERT, UPDATE, DELETE -> the columns; None stands for all of them."""

ROLES: Final = (
    "meguri_app", "meguri_sealer", "meguri_city", "meguri_matcher", "meguri_sender",
)  # fmt: skip
OF_THE_APPLICATION: Final = frozenset(ROLES) - {"meguri_sealer"}
"""The application's login is one of these at a time."""

_ALL: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


def _rights(*whole: str, **columns: str) -> Rights:
    assert {*whole, *columns} <= _ALL
    return {
        **dict.fromkeys(whole),
        **{op: frozenset(names.split()) for op, names in columns.items()},
    }


_READ: Final = _rights("SELECT")
_GROW: Final = _rights("SELECT", "INSERT")
_KEEP: Final = _rights("SELECT", "INSERT", "UPDATE")
_PASS: Final = _rights("SELECT", "INSERT", "UPDATE", "DELETE")

ALLOWED: Final[dict[str, dict[str, Rights]]] = {
    "meguri_app": {
        **dict.fromkeys(
            (
                "ledger.account", "ledger.account_kind", "ledger.counter", "ledger.deployment",
                "ledger.entry", "ledger.entry_kind", "ledger.event", "ledger.head", "ledger.holder",
                "ledger.person_facts", "ledger.posting", "ledger.region", "ledger.region_settings",
                "campaigns.journal", "campaigns.standing", "campaigns.version",
                "campaigns.journal_told", "campaigns.standing_told", "campaigns.gauge_told",
                "campaigns.benefit_told",
                "campaigns.approval", "campaigns.simulation_told", "campaigns.benefit_standing",
                "insights.budget", "insights.budget_told", "insights.plan_approval",
                "insights.plan_told", "insights.release", "insights.released", "insights.shop",
                "insights.shop_step", "insights.circulation", "insights.delivery_month",
                "insights.delivery_figure", "insights.delivery_told",
                "meguri.alembic_version", "meguri.migration_digest",
                "seals.block", "seals.erasure", "seals.key", "seals.publication", "seals.salt",
            ),
            _READ,
        ),
        **dict.fromkeys(
            (
                "campaigns.terms", "campaigns.gauge", "campaigns.benefit_decline",
                "residents.consent",
            ),
            _GROW,
        ),
        "insights.plan": _rights(
            "SELECT",
            INSERT="region_id plan_id version document digest first_week drafted_by",
        ),
        "campaigns.benefit_list": _rights("SELECT", "INSERT", "DELETE"),
        "campaigns.benefit_line": _rights("SELECT", "INSERT", "DELETE", UPDATE="mac"),
        **dict.fromkeys(
            (
                "access.client", "access.device", "access.invitation", "access.login",
                "access.login_device", "access.post", "access.request", "access.session",
                "merchants.merchant", "merchants.store", "residents.number_change",
                "residents.person",
            ),
            _KEEP,
        ),
        **dict.fromkeys(
            (
                "access.allowance", "access.challenge", "access.failure", "access.message",
                "access.recovery_code", "access.refresh",
            ),
            _PASS,
        ),
        "access.act": _rights(
            "SELECT",
            INSERT="region_id act_id actor role act object_id person_id reason facts",
        ),
        "access.revocation": _rights("SELECT", "INSERT", "DELETE", UPDATE="revoked_at expires_at"),
        "campaigns.simulation": _rights(
            "SELECT", "INSERT",
            UPDATE="state attempts payments entries started_at ended_at failure exact",
        ),
        "ledger.base_date": _rights("SELECT", "INSERT"),
        "ledger.reader": _rights("SELECT", "INSERT", UPDATE="seq"),
        "merchants.application": _rights(
            "SELECT", "INSERT",
            UPDATE="state version form search merchant_class category area written_by changed_at"
            " told merchant_id forgotten_at",
        ),
        "merchants.application_document": _rights(
            "SELECT", "INSERT", "DELETE", UPDATE="content seen_by forgotten_at"
        ),
        "merchants.business": _rights(
            "SELECT", "INSERT",
            UPDATE="legal_name representative postal_code address email telephone corporate_number"
            " registration_number changed_by changed_at",
        ),
        "merchants.bank_account": _rights(
            "SELECT", "INSERT",
            UPDATE="state approved_by approved_at applies_from ended_by ended_at",
        ),
        "merchants.sales_customers": _rights(
            "SELECT", "INSERT", "DELETE", UPDATE="customers new_customers"
        ),
        "merchants.sales_day": _rights(
            "SELECT", "INSERT", "DELETE",
            UPDATE="payments paid_yen refunds refunded_yen voids voided_yen cashback_yen"
            " cashback_taken_yen",
        ),
        **dict.fromkeys(
            (
                "merchants.bank_line", "merchants.bank_statement", "merchants.own_account",
                "merchants.debit_note", "merchants.paper", "merchants.statement_profile",
            ),
            _GROW,
        ),
        "merchants.line_match": _rights(
            "SELECT", "INSERT", UPDATE="undone_by undone_at undone_reason"
        ),
        "merchants.paper_counter": _rights("SELECT", "INSERT", UPDATE="last_number"),
        "merchants.settlement": _rights(
            "SELECT", "INSERT",
            UPDATE="state account_id file_id rejected_seq paid_seq returned_seq",
        ),
        "merchants.store_details": _rights(
            "SELECT", "INSERT",
            UPDATE="postal_code address area latitude_e6 longitude_e6 website telephone about_ja"
            " about_en hours tags changed_by changed_at district",
        ),
        "merchants.terminal": _rights(
            "SELECT", "INSERT", UPDATE="name state changed_by changed_at"
        ),
        "merchants.transfer_file": _rights(
            "SELECT", "INSERT", UPDATE="state sent_by sent_at paid_by paid_at"
        ),
        "merchants.settlement_run": _rights(
            "SELECT", "INSERT",
            UPDATE="state closed_at reviewed_by reviewed_at approved_by approved_at papers_at",
        ),
        "merchants.sales_visitor": _rights("SELECT", "INSERT", "DELETE", UPDATE="last_day"),
        "merchants.webhook_attempt": _GROW,
        "merchants.webhook_delivery": _rights(
            "SELECT", "INSERT", "DELETE",
            UPDATE="state tries attempts not_before expires_at ended_at",
        ),
        "merchants.webhook_endpoint": _rights(
            "SELECT", "INSERT",
            UPDATE="url description event_types stores state state_why state_changed_at secret"
            " secret_made_at old_secret old_secret_until failures failing_since rests_until",
        ),
        "residents.verification": _rights("SELECT", "INSERT", UPDATE="evidence area age_band"),
        "notifications.message": _rights("SELECT", "INSERT", UPDATE="state ended_at"),
        "notifications.inbox": _rights("SELECT", "INSERT", "DELETE", UPDATE="read_at"),
        "notifications.preference": _PASS,
        "notifications.address": _rights(
            "SELECT", "INSERT", "DELETE",
            UPDATE="address p256dh auth name secret state why failures confirmed_at dropped_at"
            " old_secret old_secret_until secret_made_at",
        ),
        "notifications.outbox": _rights(
            "SELECT", "INSERT", "DELETE", UPDATE="state why tries not_before expires_at ended_at"
        ),
        "notifications.received": _rights("SELECT", "DELETE"),
        "notifications.bulletin": _rights(
            "SELECT",
            INSERT="region_id bulletin_id document drafted_by until",
            UPDATE="approved_by approved_at published published_at withdrawn_by withdrawn_at",
        ),
        "notifications.alert": _rights(
            "SELECT",
            INSERT="region_id alert_id status message_type earlier document drafted_by expires_at"
            " upstream_id upstream_approval",
            UPDATE="approved_by approved_at cap reach spread_after spread_at",
        ),
        "notifications.alert_upstream": _rights(
            "SELECT",
            INSERT="region_id upstream_id sender document drafted_by",
            UPDATE="approval approved_by approved_at revoked_by revoked_at",
        ),
        "notifications.cap_arrival": _rights("SELECT", "INSERT", "DELETE"),
        "notifications.template": _rights(
            "SELECT", INSERT="region_id template_id name kind texts made_by", UPDATE="retired_at"
        ),
        "notifications.segment_week": _GROW,
        "notifications.segment_size": _GROW,
        "notifications.match_week": _GROW,
        "notifications.notice": _rights(
            "SELECT",
            INSERT="region_id notice_id template_id kind purpose segment send_at lasts_hours"
            " drafted_by",
            UPDATE="state segment_hash sized_in month texts request_id asked_at approved_by"
            " approved_at begun_at ended_by ended_at",
        ),
        **dict.fromkeys(
            (
                "notifications.notice_told", "notifications.notice_log",
                "notifications.template_told", "notifications.partner_told",
                "notifications.partner_delivery_told", "notifications.way",
                "notifications.way_told", "notifications.dead_letter",
                "notifications.bulletin_told", "notifications.alert_told",
            ),
            _READ,
        ),
    },
    "meguri_sealer": {
        **dict.fromkeys(("ledger.entry", "ledger.posting", "ledger.region", "seals.block"), _READ),
        "ledger.account": _rights(
            SELECT="region_id account_no holder_id kind class value source_id expires_on floor"
            " ceiling"
        ),
        "ledger.head": _rights(SELECT="region_id seq"),
        "ledger.holder": _rights(SELECT="region_id holder_id kind parent_id subject_id"),
        "seals.key": _rights("SELECT", INSERT="key_id public"),
        "seals.publication": _GROW,
        "seals.turn": _rights("SELECT", "INSERT", UPDATE="region_id"),
    },
    "meguri_city": dict.fromkeys(
        ("campaigns.journal_told", "campaigns.standing_told", "campaigns.gauge_told",
         "campaigns.version", "campaigns.approval", "campaigns.simulation_told",
         "campaigns.benefit_told", "insights.budget_told", "insights.plan_told",
         "insights.released", "insights.shop", "insights.shop_step", "insights.circulation",
         "insights.delivery_told", "notifications.bulletin_told", "notifications.alert_told",
         "notifications.notice_told", "notifications.notice_log", "notifications.template_told",
         "notifications.partner_told", "notifications.partner_delivery_told",
         "notifications.way_told", "ledger.region_settings"), _READ
    ),
    "meguri_matcher": {
        "notifications.match_declared": _READ,
        "notifications.match_everybody": _READ,
        "notifications.match_paid": _READ,
        "notifications.outbox": _rights(
            INSERT="region_id item_id kind message_id person_id channel expires_at not_before"
        ),
    },
    "meguri_sender": {
        "notifications.message": _READ,
        "notifications.preference": _rights(SELECT="region_id person_id language muted"),
        "residents.consent": _READ,
        "residents.person": _rights(SELECT="region_id person_id phone closed_at"),
        "notifications.inbox": _rights("INSERT"),
        "notifications.received": _GROW,
        "notifications.way": _rights("SELECT", "INSERT", UPDATE="carried_at addresses counted_at"),
        "notifications.address": _rights(
            "SELECT", UPDATE="address p256dh auth secret state why failures dropped_at"
            " old_secret old_secret_until",
        ),
        "notifications.outbox": _rights(
            "SELECT", "INSERT", UPDATE="state why tries not_before ended_at"
        ),
    },
}  # fmt: skip

OF_ALL_REGIONS: Final = {
    "access.revocation": frozenset({"SELECT"}),
    "ledger.region": frozenset({"SELECT"}),
}
"""Tables whose rows of every region may be seen: a token of any region may have been revoked."""

FUNCTIONS: Final = {
    "meguri_app": {
        "ledger.load", "ledger.write", "ledger.open_region", "ledger.now", "ledger.session_region",
        "ledger.make_partitions", "access.erase_reasons",
        "ledger.erase_person_facts", "merchants.stores_called", "merchants.folded",
        "merchants.name_parts", "insights.approve_plan", "insights.append", "insights.lock_budget",
        "insights.append_delivery",
    },
    "meguri_sealer": {"ledger.now", "ledger.session_region", "seals.append"},
    "meguri_city": {"ledger.now", "ledger.session_region"},
    "meguri_matcher": {"ledger.now", "ledger.session_region"},
    "meguri_sender": {"ledger.now", "ledger.session_region"},
}  # fmt: skip
"""What each may execute."""

OF_NO_REGION: Final = {
    "ledger.now", "ledger.session_region", "ledger.make_partitions", "ledger.open_region",
    "merchants.stores_called", "merchants.folded", "merchants.name_parts",
}  # fmt: skip
"""Functions that know no region, or open a new one: they tell and change nothing of another."""


def may(role: str, relation: str, operation: str, column: str | None = None) -> bool:
    """Whether the role may do this with its own region's rows, in all columns or in one."""
    rights = ALLOWED[role].get(relation, {})
    if operation not in rights:
        return False
    columns = rights[operation]
    return columns is None or column in columns
