"""Roles that see no person read shops in one view, which tells nothing of suspensions."""

from migrations.script import run_file

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Drop the other view."""
    run_file("0032_no_traders.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
