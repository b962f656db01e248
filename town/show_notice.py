"""The notice on the end screen: its text, its segment, the gate's verdict, and one inbox."""

from rich.console import Console

from town.notice import Sent


def show_notice(console: Console, sent: Sent | None) -> None:
    """What was sent from the week's tables, if anything was."""
    console.print("\n  [bold cyan]A notice from the week's tables お知らせ[/]")
    if sent is None:
        console.print("  No area is surely large enough to be written to.", style="dim")
        return
    size = sent.size
    lines = [
        f"segment: who paid in {sent.area} and agreed to such notices",
        f"gate: ✓ {size.estimate:,} people ({size.low:,} to {size.high:,}), needed {size.needed:,}",
        *(f"{language}: {words.title} / {words.body}" for language, words in sent.texts.items()),
        "inbox of one resident:" if sent.inbox else "It reached nobody: who paid had not agreed.",
        *(f"  {at:%Y-%m-%d %H:%M} UTC  {kind}  {title}" for at, kind, title in sent.inbox),
    ]
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)
