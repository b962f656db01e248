"""Bulletins: signed, and matched on the phone."""

from migrations.script import run_file

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Make the table and its view; no other table changes."""
    run_file("0037_bulletins.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
