"""Webhooks of merchants: where they are told, what they are told, and how that went."""

from migrations.script import run_file

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the tables with their grants and policies; no other table changes."""
    run_file("0022_webhooks.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
