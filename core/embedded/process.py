"""Finding a server's process from its pid file, which may be older than the last crash."""

import os
from pathlib import Path


def process_of(pid_file: Path, home: Path) -> int | None:
    """The living process that `pid_file` names, if `home` is the folder it works in.

    After a crash or a restart of the machine the number may belong to any other program.
    """
    pid = _number(pid_file)
    return pid if pid is not None and _works_in(pid, home) else None


def forget_the_dead(pid_file: Path, home: Path) -> None:
    """Remove a pid file whose server is gone: PostgreSQL itself trusts any pid that is alive."""
    if _number(pid_file) is not None and process_of(pid_file, home) is None:
        pid_file.unlink()


def _number(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text().partition("\n")[0].strip()
    except (FileNotFoundError, PermissionError):
        return None
    return abs(int(first)) if first.lstrip("-").isdigit() else None


def _works_in(pid: int, home: Path) -> bool:
    link = Path(f"/proc/{pid}/cwd")
    try:
        if Path("/proc/self/cwd").exists():
            return link.readlink() == home
        os.kill(pid, 0)  # without /proc (macOS) a living pid is all that can be known
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return True
