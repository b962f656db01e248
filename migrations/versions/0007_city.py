"""What queries of the campaigns and city roles may read: four views, as a role of their own."""

from migrations.script import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the views and their grants; no table changes."""
    run_file("0007_city.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
