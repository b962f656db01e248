"""Bank accounts of merchants, with their history."""

from migrations.script import run_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table with its grants and policy; no other table changes."""
    run_file("0009_bank_accounts.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
