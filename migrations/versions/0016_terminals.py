"""Terminals of stores, with those that sales have named."""

from migrations.script import run_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table with its grants and policy, and write down the labels that are in use."""
    run_file("0016_terminals.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
