"""Simulations are estimated from released tables for roles that see no person."""

from migrations.script import run_file

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Drop the rounded results, and show who sells what as the directory does."""
    run_file("0029_estimates.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
