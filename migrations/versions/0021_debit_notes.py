"""Debit notes: what merchants owe and nothing nets any more, and how it is paid."""

from migrations.script import run_file

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table with its grants and policy, and two kinds of entries."""
    run_file("0021_debit_notes.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
