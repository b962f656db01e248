"""Dead letters: a view of what could not be sent, without whom it was for."""

from migrations.script import run_file

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Make the view, and let the application count the tries of what is tried again."""
    run_file("0043_dead_letters.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
