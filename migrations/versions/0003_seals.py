"""Sealed history: blocks of the journal, chained by hash, with salts that can be erased."""

from migrations.script import run_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables with their guards, grants and policies; the journal is left as it is."""
    run_file("0003_seals.sql")


def downgrade() -> None:
    """What was published refers to the blocks: they are not thrown away by a command."""
    raise RuntimeError("blocks whose heads were published cannot be dropped")
