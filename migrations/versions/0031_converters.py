"""What shops made coin of is told where three of them did."""

from migrations.script import run_file

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Make the view of what circulates anew."""
    run_file("0031_converters.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
