"""How large the tests are: what fits into every run. TEST_SCALE makes the long ones longer."""

import os

SCALE = int(os.environ.get("TEST_SCALE", "1"))
"""How many times larger than in an everyday run."""

BULK_ATTACKS = 100
"""Varied attacks in direct SQL, all of which must be refused."""

EVERY_ROLE = 500 * SCALE
"""Statements of the roles of the database, drawn from some 7,800; all of them at TEST_SCALE=16."""

AT_ONCE = 100
"""The same id and body so many times at once."""

CANCELLED = 150 * SCALE
"""Requests that are cancelled somewhere on their way."""

KILLED = 6 * SCALE
"""Connections of the engine that are killed under load."""

CUT_COMMITS = 8 * SCALE
"""COMMITs whose connection is cut, for each way to cut it."""

EMPTIED_WALLETS = 4 * SCALE
"""Wallets of B that 200 payments of B go for at once, from two processes."""

REBATES, REBATES_IN_BUDGET = 300 * SCALE, 30 * SCALE
"""Concurrent rebates, and how many of them the budget has money for."""

HOT_BUDGET_YEN = min(5_000_000, 312_500 * SCALE)
"""What 32 clients use up of one campaign, refunds mixed in; ¥5,000,000 at TEST_SCALE=16."""

RANDOM_TOWNS = 17 * SCALE
"""Random histories that are played on PostgreSQL and on the model."""

SPLIT_REFUNDS = 5 * SCALE
"""Refunds that are made at once and in random parts, before and after points are credited."""

TWICE_PLAYED = 3 * SCALE
"""Random histories that are played three times, with the expiry job at other moments."""

REFUNDED_TWICE = 75 * SCALE
"""Payments, each of which two processes refund at once."""

BANK_STEPS = 20 * SCALE
"""What each of 16 residents does while every snapshot is checked."""

TAMPERED = 64 * SCALE
"""Random places of the sealed history that a superuser tampers with; 1,024 at TEST_SCALE=16."""

JUDGED_PAYMENTS = 625 * SCALE
JUDGED_FORMS = min(200, 60 * SCALE)
"""Decided by campaigns/ and by SQL: 10,000 payments and 200 forms at TEST_SCALE=16."""

WEBHOOKS = min(1_000, 64 * SCALE)
"""Events that one endpoint is told of by two workers; 1,000 at TEST_SCALE=16."""

ADDED_UP = 4 * SCALE
"""Random histories whose sales are added up in pieces, and compared with their postings."""

COMPARED_TOWNS = 150 * SCALE
"""Towns of which the truth is known, in which a campaign's effect is looked for."""

PREVIEWS = min(10_000, 30 * SCALE)
"""Previews of notices, by a process that may read nothing of the ledger."""

AUDITED_RELEASES = 120 * SCALE
"""Whole releases of a week on either side of one person; `make privacy-audit` takes 100,000."""

KILLED_RELEASES = 4 * SCALE
"""Releases of a week that are killed at some point; fifty at `TEST_SCALE=13`."""
