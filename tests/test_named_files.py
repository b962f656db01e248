"""What the pages name is there: files of the program, and pages that they link to."""

import re
from pathlib import Path

from tests.for_each import wrong

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
FILE = re.compile(r"`((?:\w+/)+\w+\.(?:py|sql|sh|json|md))`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def names_files_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [ROOT / name for name in FILE.findall(text)]
    linked = [page.parent / name for name in LINK.findall(text)]
    assert [path.name for path in {*named, *linked} if not path.exists()] == []


def test_every_file_that_a_page_names_is_there():
    assert wrong(PAGES, names_files_that_are_there) == []


def test_names_and_links_are_found():
    text = "`access/vault.py`, [page](docs/RULES.md#caps) and [site](https://example.jp)"
    assert (FILE.findall(text), LINK.findall(text)) == (["access/vault.py"], ["docs/RULES.md"])
