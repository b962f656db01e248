"""Partners: what an address without a person is told, and that it holds no more."""

from migrations.script import run_file

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Give addresses of partners their kinds and a second secret, and the outbox what it tells."""
    run_file("0044_partners.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
