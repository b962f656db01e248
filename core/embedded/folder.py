"""The data folder: everything that the embedded servers keep, closed to the rest of the machine."""

import hashlib
import json
import os
import secrets
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded.account import Account, EmbeddedError, server_account

SOCKET_PATH_BYTES = 103
"""What every Unix accepts as the path of a socket, less the final zero."""

LOGINS = ("postgres", "meguri_owner_login", "meguri_app_login", "meguri_sealer_login", "valkey")
"""Whoever has a password here; it is made once, with the folder."""


@dataclass(frozen=True)
class Folder:
    """A data folder that is ready for its servers."""

    path: Path
    sockets: Path
    account: Account
    passwords: dict[str, str] = field(repr=False)
    """Password of each login, by its name."""

    def run(self, *command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program as the server user, with `text` as its input and no secret to inherit."""
        return self.account.run(*command, text=text, folder=self.path)

    def write(self, file: Path, text: str, *, append: bool = False) -> None:
        """Write a file of the server user, as that user.

        Root must not open what lies in a folder of the server user: a link in there could lead
        it to any file of the machine.
        """
        script = 'cat >> "$1"' if append else 'cat > "$1"'
        written = self.run("/bin/sh", "-c", script, "sh", file, text=text)
        if written.returncode != 0:
            raise EmbeddedError(f"{file} cannot be written: {written.stderr.strip()}")

    def give(self, folder: Path) -> None:
        """Hand a folder of ours, in a folder of ours, to the server user alone."""
        folder.chmod(0o700)
        os.chown(folder, self.account.uid, self.account.gid)


def open_folder(data_dir: Path) -> Folder:
    """Make or check the data folder; raises `EmbeddedError` if the servers could not live there.

    An ordinary user's folder is entered by nobody else. Root's is passed through by the server
    user, who reads only what is its own in there: root keeps the passwords.
    """
    path = resolved(data_dir)
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        path.mkdir(parents=True, exist_ok=True)
        _refuse_strangers(path, {os.geteuid()})
        path.chmod(mode)
    except OSError as error:
        raise EmbeddedError(f"the data folder {path} cannot be made: {error.strerror}") from error
    account = server_account()
    folder = Folder(path, sockets_of(path), account, _passwords(path))
    if folder.run("/bin/sh", "-c", 'cd -- "$1"', "sh", path).returncode != 0:
        raise EmbeddedError(
            f"the servers run as {account.name}, who cannot reach {path}: choose another folder "
            "with MEGURI_DATA_DIR, such as /var/lib/meguri"
        )
    _make_sockets_folder(folder)
    return folder


def resolved(data_dir: Path) -> Path:
    """The one name of a data folder, by which its processes meet."""
    return data_dir.expanduser().resolve()


def sockets_of(path: Path) -> Path:
    """Where the sockets of the data folder `path` are: inside, or under /tmp if it is too deep."""
    inside = path / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_BYTES:
        return inside
    # Not the folder that TMPDIR names: every process must come to the same answer.
    return Path(f"/tmp/meguri-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}")  # noqa: S108


def _make_sockets_folder(folder: Folder) -> None:
    try:
        folder.sockets.mkdir(mode=0o700)
    except FileExistsError:
        # Under /tmp, somebody else could have made it first.
        _refuse_strangers(folder.sockets, {os.geteuid(), folder.account.uid})
    if folder.sockets.lstat().st_uid != folder.account.uid:
        folder.give(folder.sockets)


def _refuse_strangers(path: Path, owners: set[int]) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise EmbeddedError(f"{path} is not a folder of the user that runs Meguri")


def _passwords(path: Path) -> dict[str, str]:
    file = path / "passwords.json"
    if not file.exists():
        if (path / "postgres").exists():
            raise EmbeddedError(f"{path} holds a database, but its passwords are gone: {file.name}")
        _write_once(file, json.dumps({login: secrets.token_hex(24) for login in LOGINS}))
    kept: dict[str, str] = json.loads(file.read_text())
    for login in LOGINS:
        kept.setdefault(login, _later(kept["postgres"], login))
    return kept


def _later(superusers: str, login: str) -> str:
    """The password of a login that the folder is older than: everybody comes to the same one."""
    return hashlib.blake2b(login.encode(), key=superusers.encode(), digest_size=24).hexdigest()


def _write_once(file: Path, text: str) -> None:
    """Put `text` in place whole, or not at all; whoever was first is right."""
    draft = file.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
