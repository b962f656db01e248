"""Settlements on demand: runs of one merchant, and the part of their fee that is for that."""

from migrations.script import run_file

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Give runs and settlements columns that are empty, or nothing, for all that stand there."""
    run_file("0017_on_demand.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
