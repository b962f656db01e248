"""Papers of settlements: statements and qualified invoices, numbered without a gap."""

from migrations.script import run_file

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables with their grants and policies."""
    run_file("0015_papers.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
