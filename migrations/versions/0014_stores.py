"""What stores tell of themselves, and an index of their names."""

from migrations.script import run_file

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table with its grants and policy, and index the names that are there."""
    run_file("0014_stores.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
