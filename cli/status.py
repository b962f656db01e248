"""`meguri status`: where things are, and what runs; nothing is started and no password shown."""

from urllib.parse import parse_qs, urlsplit

import typer

from cli.deployment import chosen_settings


def status() -> None:
    """Show the data folder and the servers."""
    from core.embedded.postgres import postgres_pid
    from core.embedded.valkey import valkey_pid

    settings = chosen_settings()
    embedded_postgres = _embedded("PostgreSQL", postgres_pid(settings.data_dir))
    embedded_valkey = _embedded("Valkey", valkey_pid(settings.data_dir))
    lines = {
        "environment": settings.environment,
        "data folder": str(settings.data_dir),
        "database": without_secrets(settings.database_url) or embedded_postgres,
        "owner's database": without_secrets(settings.owner_database_url) or embedded_postgres,
        "sealer's database": without_secrets(settings.sealer_database_url)
        or ("not set: only the worker needs it" if settings.database_url else embedded_postgres),
        "redis": without_secrets(settings.redis_url) or embedded_valkey,
        "keys": str(settings.keys_file),
        "vault's key": str(settings.vault_key_file or "none here"),
        "seal keys": str(settings.seal_keys_file or "none here"),
        "issuer": settings.issuer,
    }
    for name, value in lines.items():
        typer.echo(f"{name + ':':19}{value}")


def without_secrets(url: str) -> str:
    """Who, where and what of a URL: no password, and of the query only where the server is."""
    parts = urlsplit(url)
    address = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    user = f"{parts.username}@" if parts.username else ""
    query = "&".join(f"host={host}" for host in parse_qs(parts.query).get("host", []))
    shown = f"{parts.scheme}://{user}{address}{parts.path}" if url else ""
    return f"{shown}?{query}" if query else shown


def _embedded(name: str, pid: int | None) -> str:
    return f"embedded {name}, " + (f"process {pid}" if pid else "not running")
