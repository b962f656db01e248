"""People: what is personal, apart from the ledger."""

from migrations.script import run_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables with their guards, grants and policies; no other table changes."""
    run_file("0006_residents.sql")


def downgrade() -> None:
    """Who people are is not thrown away by a command."""
    raise RuntimeError("there is no way back from a release")
