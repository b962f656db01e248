"""Figures of deliveries, paid for from the privacy budget."""

from migrations.script import run_file

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Make the tables and the one function that writes them; no other table changes."""
    run_file("0036_delivery_figures.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
