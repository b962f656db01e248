"""A plan of statistics is of weeks that are to come by the journal, too."""

from migrations.script import run_file

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Make the function anew by which a plan comes to hold."""
    run_file("0034_plans_by_the_journal.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
