"""Draw a store's code: as SVG, as PNG, and as a stand to be printed and put up beside the till."""

from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import segno

Form = Literal["svg", "png", "pdf"]

_CORRECTION: Final = "m"
"""15 % of a code may be covered or worn, as EMVCo recommends."""
_QUIET: Final = 4
"""Modules of white around it (ISO/IEC 18004)."""
_PNG_SCALE: Final = 12
_FONTS: Final = "noto_cjk_sans_jp_regular"


def draw_svg(text: str) -> bytes:
    """The code of `text` as an SVG document; the same text has the same bytes."""
    return _drawn(text, "svg", 4)


def draw_png(text: str) -> bytes:
    """The code of `text` as a PNG, 12 pixels a module."""
    return _drawn(text, "png", _PNG_SCALE)


def draw_stand(text: str, name: str, terminal: str, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """A page of A5 with the shop's name in Japanese, its font embedded; `terminal` may be empty.

    Takes a tenth of a second and more of a processor: not for the loop that serves requests.
    """
    import typst  # it is large, and most processes never draw

    template = files("merchants") / "stand.typ"
    with TemporaryDirectory(prefix="meguri-stand-") as folder, as_file(files(_FONTS)) as fonts:
        place = Path(folder)
        (place / "stand.typ").write_bytes(template.read_bytes())
        (place / "code.svg").write_bytes(draw_svg(text))
        page = typst.compile(
            str(place / "stand.typ"),
            root=folder,
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format=form,
            sys_inputs={"shop": name, "terminal": terminal},
        )
    assert isinstance(page, bytes), "it has one page"
    return page


def _drawn(text: str, kind: str, scale: int) -> bytes:
    drawn = BytesIO()
    code = segno.make(text, error=_CORRECTION, encoding="utf-8", micro=False)
    code.save(drawn, kind=kind, scale=scale, border=_QUIET)
    return drawn.getvalue()
