"""Alerts: let out by two people, without which there is no message of an emergency."""

from migrations.script import run_file

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Make the table and its views; messages get a column that only emergencies fill."""
    run_file("0041_alerts.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
