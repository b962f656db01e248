"""Simulations: what was asked about forms, and what it came to."""

from migrations.script import run_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table with its view, grants and policy; no other table changes."""
    run_file("0008_simulations.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
