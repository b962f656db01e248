"""Notices: what is told, inboxes, addresses and the outbox that carries it there."""

from migrations.script import run_file

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Make the tables with their grants and policies; roles for matching and sending may exist."""
    run_file("0035_notifications.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
