"""Shops that pay shops: their wallets, what they convert, and what settlements say of that."""

from migrations.script import run_file

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Let holders be wallets of shops, name the new kinds, and give settlements a column."""
    run_file("0019_recirculation.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
