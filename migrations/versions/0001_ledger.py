"""The ledger: a journal that only grows, and the one door through which it does."""

from alembic import op

from migrations.script import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, the functions, the grants, and the partitions of the next months."""
    run_file("0001_ledger_tables.sql")
    run_file("0001_ledger_load.sql")
    run_file("0001_ledger_write.sql")
    run_file("0001_ledger_guards.sql")
    op.execute("SELECT ledger.make_partitions(3)")
    op.execute("GRANT SELECT ON meguri.alembic_version TO meguri_app")


def downgrade() -> None:
    """Books are never thrown away by a command."""
    raise RuntimeError("the first revision of a ledger cannot be undone")
