"""Notices to segments: templates, sizes, approval, and views to match by."""

from migrations.script import run_file

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Make the tables and views; a consent gets another name."""
    run_file("0040_notices.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
