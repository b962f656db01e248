"""Files of bulk transfers, and which settlement is in which."""

from migrations.script import run_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table with its grants and policy; settlements get a column that may be empty."""
    run_file("0013_transfer_files.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
