"""What the sender needs: an index to count text messages by, and fewer columns."""

from migrations.script import run_file

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Make the index, and take the columns away."""
    run_file("0046_senders_least.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
