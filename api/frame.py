"""The frame of pages to read and print: HTML in Japanese, without scripts, whole in itself."""

from base64 import b64encode
from hashlib import sha256
from html import escape


class Frame:
    """Pages of one style, and the policy that lets a browser load that and nothing else."""

    def __init__(self, style: str) -> None:
        self._style = style
        digest = b64encode(sha256(style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        """It stands in the page too, for a copy that was kept."""

    def page(self, title: str, body: str) -> str:
        """A page whose parts in other languages say so. `body` is HTML, `title` is text."""
        return (
            '<!doctype html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(self.policy)}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)}</title>\n<style>{self._style}</style>\n</head>\n<body>\n<main>\n"
            f"<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
        )
