"""Every table that the migrations make, declared on the one metadata: importing this does it."""

import access.sign_in_tables
import access.tables  # noqa: F401
import campaigns.benefit_tables
import campaigns.gauge_tables
import campaigns.simulation_tables
import campaigns.tables  # noqa: F401
import core.revocations  # noqa: F401
import insights.tables  # noqa: F401
import ledger.tables  # noqa: F401
import merchants.application_tables
import merchants.bank_account_tables
import merchants.debit_note_tables
import merchants.paper_tables
import merchants.sales_tables
import merchants.settlement_tables
import merchants.statement_tables
import merchants.store_tables
import merchants.tables
import merchants.webhook_tables  # noqa: F401
import notifications.alert_tables
import notifications.notice_tables
import notifications.tables
import notifications.upstream_tables  # noqa: F401
import residents.tables  # noqa: F401
import seals.tables  # noqa: F401
