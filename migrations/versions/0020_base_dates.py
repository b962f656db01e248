"""Base dates: what value had come to by the end of each."""

from migrations.script import run_file

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the table with its grants and policy; no other table changes."""
    run_file("0020_base_dates.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
