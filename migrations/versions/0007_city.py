"""What queries of the campaigns and city roles may read, by a role of its own; benefits' lists."""

from migrations.script import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the views and their grants, and the tables of lists."""
    run_file("0007_city.sql")
    run_file("0007_benefits.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
