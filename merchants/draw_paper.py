"""Draw a paper of a settlement, or a debit note, as PDF: one page of A4, its font embedded."""

from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_FONTS: Final = "noto_cjk_sans_jp_regular"


def draw_paper(content: bytes, digest: bytes, template_name: str = "paper.typ") -> bytes:
    """The same paper has the same bytes, whenever and wherever this release draws it.

    Takes a tenth of a second and more of a processor: not for the loop that serves requests.
    """
    import typst  # it is large, and most processes never draw

    template = files("merchants") / template_name
    with TemporaryDirectory(prefix="meguri-paper-") as folder, as_file(files(_FONTS)) as fonts:
        page = Path(folder) / "paper.typ"
        page.write_bytes(template.read_bytes())
        drawn = typst.compile(
            str(page),
            root=folder,
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"paper": content.decode(), "digest": digest.hex()},
        )
    assert isinstance(drawn, bytes), "it is one file"
    return drawn
