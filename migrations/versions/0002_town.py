"""Merchants with their stores, terms of campaigns, revoked tokens."""

from migrations.script import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables with their grants and policies."""
    run_file("0002_town.sql")


def downgrade() -> None:
    """The journal refers to these rows: they are not thrown away by a command."""
    raise RuntimeError("merchants and terms that the journal refers to cannot be dropped")
