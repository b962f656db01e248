"""Statistics that protect people: plans, privacy budgets and releases; districts of stores."""

from migrations.script import run_file

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make the schema with its functions, views, grants and policies, and a column of stores."""
    run_file("0026_insights.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
