"""Roles that see no person read rounded and delayed sums, and no exact ones."""

from migrations.script import run_file

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Add the gauge and the views of what is told; take the exact views from these roles."""
    run_file("0027_doors.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
