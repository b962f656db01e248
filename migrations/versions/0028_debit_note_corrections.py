"""Debit notes that are corrected or taken back."""

from migrations.script import run_file

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add a column with its constraints, and two kinds of entries."""
    run_file("0028_debit_note_corrections.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
