"""What roles that see no person are told of shops."""

from migrations.script import run_file

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Make views of public facts of shops, and of what shops pay shops, with their grants."""
    run_file("0030_shops_told.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
