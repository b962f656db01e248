"""Alerts from upstream: who may let one out, registered by two people, and what came as it came."""

from migrations.script import run_file

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Make the tables and their views; an alert may name its upstream."""
    run_file("0042_alert_upstreams.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
