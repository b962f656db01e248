"""A release has the noise that it pays for: PostgreSQL holds it too."""

from migrations.script import run_file

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the constraint; every release that was ever made keeps it."""
    run_file("0033_noise_held.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
