"""Lines of debit notes, and matches from which nothing followed."""

from migrations.script import run_file

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add a column to matches, with another kind of them."""
    run_file("0039_linked.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
