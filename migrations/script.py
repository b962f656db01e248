"""Runs one SQL file of a revision: many statements, sent as they stand."""

from pathlib import Path
from typing import Any

from alembic import op


def run_file(name: str) -> None:
    """Execute `migrations/sql/<name>` in the revision's transaction."""
    script = (Path(__file__).parent / "sql" / name).read_text(encoding="utf-8")
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda connection: connection.execute(script))
