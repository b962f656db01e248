"""Money of funders and providers as entries."""

from migrations.script import run_file

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Add a column to matches, kinds of entries, and a kind of account."""
    run_file("0038_receipts.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
