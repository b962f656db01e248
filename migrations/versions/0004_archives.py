"""Regions that move in: partitions for months that are long over."""

from migrations.script import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the function; no table changes."""
    run_file("0004_archives.sql")


def downgrade() -> None:
    """Nothing stands on a function."""
    raise RuntimeError("there is no way back from a release")
