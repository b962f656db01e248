"""The configuration of the embedded PostgreSQL: durable, quiet, fit for one machine."""

import os
from pathlib import Path

PORT = 5432
"""Part of the socket's name; nothing listens on it."""
_MIB = 1024 * 1024


def configuration(sockets: Path) -> str:
    """The text of `meguri.conf`, written anew before each start; `sockets` is where it listens.

    An operator's own choices belong in ALTER SYSTEM, which PostgreSQL reads after this file.
    """
    settings = {**_ACCESS, **_DURABILITY, **_LOAD, **_LOG}
    settings["unix_socket_directories"] = f"'{str(sockets).replace(chr(39), chr(39) * 2)}'"
    settings["shared_buffers"] = f"{shared_buffers_mib(_memory_mib())}MB"
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def shared_buffers_mib(memory_mib: int) -> int:
    """An eighth of the machine's memory, from 128 MiB to 2 GiB: other programs live here too."""
    return min(max(memory_mib // 8, 128), 2048)


_ACCESS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "200",
}

_DURABILITY = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}

_LOAD = {
    "max_wal_size": "'4GB'",
    "min_wal_size": "'256MB'",
    "checkpoint_timeout": "'15min'",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "off",
    "random_page_cost": "1.1",
    "jit": "off",
    # A town that opens grows from nothing to thousands of rows within seconds.
    "autovacuum_naptime": "'5s'",
    "timezone": "'UTC'",
    "default_text_search_config": "'pg_catalog.simple'",
}

_LOG = {
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "'1d'",
    "log_rotation_size": "0",
    "log_file_mode": "0600",
    "log_timezone": "'UTC'",
    # A detail line shows the row that failed, and a parameter may be anybody's: ids only.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def _memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
