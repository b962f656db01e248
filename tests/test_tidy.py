"""The rules of CONTRIBUTING.md that a machine can see, for every file of the project."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.for_each import wrong

ROOT = Path(__file__).parents[1]
MOST_LINES = 299
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "service", "handler", "misc"}
LATER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
REGISTRY = re.compile(
    r"(pypi|pythonhosted|npmjs|npmmirror|crates|rubygems)\.(org|io|com)|://deb\.|--(extra-)?index-url"
)
OF_THIS_MACHINE = re.compile(r"(?<![\w.])/(work|home)/\w+/")
READS_ITSELF = re.compile(r"use_attribute_docstrings ?=")
MADE_HERE = {".git", ".venv", "__pycache__", "build", "dist"}


def files_of_the_project() -> list[Path]:
    git = shutil.which("git")
    asked = [git, "ls-files", "--cached", "--others", "--exclude-standard"] if git else ["false"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.splitlines()]
    else:  # no git, or an unpacked archive
        found = [path for path in ROOT.rglob("*") if not was_made_here(path)]
    return sorted(path for path in found if path.is_file())


def was_made_here(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return bool(MADE_HERE & set(parts)) or parts[0].endswith(("_cache", ".hypothesis"))


FILES = files_of_the_project()
CODE = [path for path in FILES if path.suffix in {".py", ".sql"}]
PROGRAM = [*CODE, *(path for path in FILES if path.suffix in {".sh", ".yml", ".toml"})]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines_that_match(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_there_are_files_to_look_at():
    assert len(CODE) > 20


def says_its_job_and_fits_in_a_head(path: Path) -> None:
    lines = text_of(path).splitlines()
    assert len(lines) <= MOST_LINES, "split it"
    comment = "--" if path.suffix == ".sql" else ('"""', "#")
    assert lines, "an empty file has no job"
    assert lines[0].startswith(comment), "the first line says what the file is for"


def test_a_file_says_its_job_and_fits_in_a_head():
    assert wrong(CODE, says_its_job_and_fits_in_a_head, named) == []


def test_names_say_what_a_thing_is():
    vague = [named(path) for path in CODE if VAGUE & {*path.relative_to(ROOT).parts, path.stem}]
    assert vague == []


def test_packages_say_what_they_are_for_and_re_export_nothing():
    busy = [named(p) for p in CODE if p.name == "__init__.py" and '"""' not in text_of(p)[-5:]]
    assert busy == []


def test_tests_have_no_packages():
    assert [named(p) for p in (ROOT / "tests").rglob("__init__.py")] == []


def test_nothing_is_left_for_later():
    assert lines_that_match(LATER, PROGRAM) == []


def test_no_file_names_a_registry():
    others = [path for path in FILES if path.name != Path(__file__).name]
    assert lines_that_match(REGISTRY, others) == []


def test_locks_hold_names_versions_and_hashes_only():
    allowed = re.compile(r"^([a-z0-9-]+==[\w.]+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)$")
    locks = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
    strange = [
        line for lock in locks for line in text_of(lock).splitlines() if not allowed.match(line)
    ]
    assert strange == []


def test_no_path_of_one_machine_is_written_down():
    assert lines_that_match(OF_THIS_MACHINE, FILES) == []


def test_nothing_of_ours_is_mocked():
    mock = re.compile(r"unittest" + r"\.mock|monkeypatch" + r"\.setattr|mocker\.patch")
    assert lines_that_match(mock, [path for path in CODE if path != Path(__file__)]) == []


def test_the_glossary_is_one_table_in_the_order_of_its_words():
    table = text_of(ROOT / "docs" / "GLOSSARY.md").rpartition("\n\n")[2].splitlines()
    assert table[:2] == ["| word | 日本語 | what it is |", "|---|---|---|"]
    words = [row.split("|")[1].strip().casefold() for row in table[2:]]
    assert words == sorted(set(words)), "each word once: its row says what else it is"


def test_no_class_reads_its_own_source_when_it_is_made():
    code = [path for path in CODE if "tests" not in path.relative_to(ROOT).parts]
    assert lines_that_match(READS_ITSELF, code) == [], "core/described.py does, when it is asked"
