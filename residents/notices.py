"""What a resident is told by text message: codes, and what happened to the account's security.

Japanese first, short enough for two parts. None of them has a link: who is used to one follows the
next one too.
"""

from datetime import datetime

from ledger.regions import Region


def code_notice(region: Region, code: str, minutes: int) -> str:
    """The code itself."""
    return (
        f"【{region.name}】確認コード {code}（{minutes}分間有効）。"
        f"だれにも教えないでください。Code {code}: tell nobody."
    )


def device_notice(region: Region, usable_from: datetime) -> str:
    """A device was added by a code to this number."""
    return (
        f"【{region.name}】新しい端末が登録され、{_when(region, usable_from)}から使えます。"
        "心当たりがなければ、いつもの端末で取り消すか、窓口へご連絡ください。"
        "A new device was added. Not you? Revoke it with your old one."
    )


def passkey_copied_notice(region: Region) -> str:
    """A passkey was shown that is not the only one of its kind."""
    return (
        f"【{region.name}】パスキーの複製が使われた疑いがあり、サインインを拒否しました。"
        "アプリでそのパスキーを取り消してください。"
        "A copy of your passkey may be in use: we refused it. Revoke that passkey in the app."
    )


def change_notice(region: Region, new_end: str, holds_from: datetime) -> str:
    """To the old number: another one was asked for."""
    return (
        f"【{region.name}】電話番号を {new_end} へ変える手続きがあり、"
        f"{_when(region, holds_from)}に変わります。"
        "心当たりがなければ、アプリで取り消すか、窓口へご連絡ください。"
        "Your number is about to change. Not you? Cancel it in the app."
    )


def changed_notice(region: Region) -> str:
    """To the new number: it is this person's now."""
    return f"【{region.name}】電話番号が変わりました。Your number was changed to this one."


def change_refused_notice(region: Region) -> str:
    """To the number that stays: the other one could not be taken."""
    return (
        f"【{region.name}】電話番号を変えられませんでした。窓口へご連絡ください。"
        "Your number could not be changed: ask at the counter."
    )


def recovery_notice(region: Region) -> str:
    """Somebody says at the counter that all devices are lost."""
    return (
        f"【{region.name}】窓口で、端末を失くした方の復旧の手続きが始まりました。"
        "心当たりがなければ、すぐに窓口へご連絡ください。"
        "Your account is being recovered at the counter. Not you? Call us now."
    )


def recovered_notice(region: Region) -> str:
    """All devices were replaced by a new one."""
    return (
        f"【{region.name}】窓口の手続きにより、新しい端末が登録され、前の端末は使えなくなりました。"
        "心当たりがなければ、すぐに窓口へご連絡ください。"
        "A new device replaced all others. Not you? Call us now."
    )


def closed_notice(region: Region) -> str:
    """To the number of an account that is closed at this moment."""
    return (
        f"【{region.name}】アカウントを閉じ、個人の情報を消去しました。"
        "心当たりがなければ、窓口へご連絡ください。"
        "Your account was closed. Not you? Ask at the counter."
    )


def _when(region: Region, at: datetime) -> str:
    local = at.astimezone(region.zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"
