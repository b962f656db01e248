"""Statements of the region's own bank accounts, their lines, and what these stand for."""

from migrations.script import run_file

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the tables with their grants and policies, and an index on settlements."""
    run_file("0018_bank_statements.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
