"""Settlements of merchants, run by run."""

from migrations.script import run_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables with their grants and policies, and name the new kinds in the ledger."""
    run_file("0012_settlements.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
