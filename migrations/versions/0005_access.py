"""Logins, posts, devices, sessions, challenges, and the log of acts."""

from migrations.script import run_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables with their guards, grants and policies; no other table changes."""
    run_file("0005_access.sql")
    run_file("0005_sign_in.sql")


def downgrade() -> None:
    """Who people are is not thrown away by a command."""
    raise RuntimeError("there is no way back from a release")
