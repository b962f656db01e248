"""Sales of merchants, added up by day."""

from migrations.script import run_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables with their grants and policies; no other table changes."""
    run_file("0011_sales.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
