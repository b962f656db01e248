"""Applications to become a merchant, their documents, and the business of each merchant."""

from migrations.script import run_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables with their grants and policies; no other table changes."""
    run_file("0010_applications.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
