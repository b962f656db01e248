"""Ways to people: by which of them notices are carried."""

from migrations.script import run_file

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Make the table that workers write, and its view."""
    run_file("0045_ways.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
