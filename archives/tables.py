"""What an archive holds: the tables of a region, in the order in which they can be filled."""

from typing import Final

from sqlalchemy import Table

import access.sign_in_tables
import access.tables
import campaigns.benefit_tables
import campaigns.gauge_tables
import campaigns.simulation_tables
import campaigns.tables
import core.revocations
import insights.tables
import ledger.tables
import merchants.application_tables
import merchants.bank_account_tables
import merchants.debit_note_tables
import merchants.paper_tables
import merchants.sales_tables
import merchants.settlement_tables
import merchants.statement_tables
import merchants.store_tables
import merchants.tables
import merchants.webhook_tables
import notifications.alert_tables
import notifications.notice_tables
import notifications.tables
import notifications.upstream_tables
import residents.tables
import seals.tables

REGION_ID: Final = "region_id"

MOVED: Final[tuple[Table, ...]] = (
    ledger.tables.head,
    ledger.tables.holder,
    ledger.tables.account,
    ledger.tables.entry,
    ledger.tables.posting,
    ledger.tables.person_facts,
    ledger.tables.counter,
    ledger.tables.reader,
    ledger.tables.base_date,
    merchants.tables.merchant,
    merchants.tables.store,
    merchants.store_tables.store_details,
    merchants.store_tables.terminal,
    merchants.bank_account_tables.bank_account,
    merchants.settlement_tables.settlement_run,
    merchants.settlement_tables.transfer_file,
    merchants.settlement_tables.settlement,
    merchants.paper_tables.paper_counter,
    merchants.paper_tables.paper,
    merchants.statement_tables.own_account,
    merchants.statement_tables.statement_profile,
    merchants.statement_tables.bank_statement,
    merchants.statement_tables.bank_line,
    merchants.statement_tables.line_match,
    merchants.debit_note_tables.debit_note,
    merchants.application_tables.business,
    merchants.application_tables.application,
    merchants.application_tables.document,
    merchants.sales_tables.sales_day,
    merchants.sales_tables.sales_customers,
    merchants.sales_tables.sales_visitor,
    merchants.webhook_tables.webhook_endpoint,
    merchants.webhook_tables.webhook_delivery,
    merchants.webhook_tables.webhook_attempt,
    campaigns.tables.terms,
    campaigns.gauge_tables.gauge,
    campaigns.simulation_tables.simulation,
    campaigns.benefit_tables.benefit_list,
    campaigns.benefit_tables.benefit_line,
    campaigns.benefit_tables.benefit_decline,
    insights.tables.plan,
    insights.tables.plan_approval,
    insights.tables.budget,
    insights.tables.release,
    insights.tables.delivery_month,
    core.revocations.revocation,
    seals.tables.block,
    seals.tables.salt,
    seals.tables.erasure,
    seals.tables.publication,
    residents.tables.person,
    residents.tables.number_change,
    residents.tables.verification,
    residents.tables.consent,
    notifications.upstream_tables.alert_upstream,
    notifications.alert_tables.alert,
    notifications.upstream_tables.cap_arrival,
    notifications.tables.message,
    notifications.tables.inbox,
    notifications.tables.preference,
    notifications.tables.address,
    notifications.tables.received,
    notifications.notice_tables.bulletin,
    notifications.notice_tables.template,
    notifications.notice_tables.segment_week,
    notifications.notice_tables.segment_size,
    notifications.notice_tables.notice,
    insights.tables.delivery_figure,
    access.tables.login,
    access.tables.post,
    access.tables.device,
    access.tables.login_device,
    access.tables.recovery_code,
    access.tables.client,
    access.tables.request,
    access.tables.act,
)
"""Every table with a region_id but `ledger.region`, whose row is in the manifest, and those that
stay. A region gets another number where it arrives, so the column is left out."""

STAYING: Final[tuple[Table, ...]] = (
    seals.tables.turn,
    access.tables.invitation,
    access.sign_in_tables.session,
    access.sign_in_tables.refresh,
    access.sign_in_tables.challenge,
    access.sign_in_tables.allowance,
    access.sign_in_tables.failure,
    access.sign_in_tables.message,
    notifications.tables.outbox,
    notifications.tables.way,
    notifications.notice_tables.match_week,
)
"""What is of the moment: in the other place people sign in again, with what they have."""


def columns_of(table: Table) -> list[str]:
    """The columns that an archive has of a table, in order."""
    return [column.name for column in table.columns if column.name != REGION_ID]


def order_of(table: Table) -> list[str]:
    """What the rows are ordered by: the same rows, the same bytes."""
    return [column.name for column in table.primary_key.columns]
