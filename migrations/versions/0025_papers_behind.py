"""Papers of settlement runs are issued behind the approval: when all of them stood."""

from migrations.script import run_file

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Give runs a column; those that are approved have their papers."""
    run_file("0025_papers_behind.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
