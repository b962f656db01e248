"""Profiles of bank statements that a region made itself."""

from migrations.script import run_file

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Make the table with its grants and policy."""
    run_file("0024_statement_profiles.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
