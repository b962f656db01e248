"""Identity documents that are forgotten after the approval, and who saw them."""

from migrations.script import run_file

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Let a document lose its content, and write down who has read it so far."""
    run_file("0023_identity_documents.sql")


def downgrade() -> None:
    """No release goes back."""
    raise RuntimeError("there is no way back from a release")
