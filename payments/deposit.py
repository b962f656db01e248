"""The deposit (発行保証金) that the law asks for on a base date, by the kind of the issuer."""

from dataclasses import dataclass
from typing import Final, Literal

IssuerKind = Literal["local_government", "third_party", "own_use", "six_month_only"]
Rule = Literal["local_government_is_exempt", "six_months_are_exempt", "not_above", "half"]

THRESHOLD_YEN: Final = 10_000_000
"""No deposit up to and with this unused balance (docs/RULES.md, section 5)."""

ISSUERS: Final[dict[IssuerKind, str]] = {
    "local_government": "国・地方公共団体",
    "third_party": "第三者型発行者",
    "own_use": "自家型発行者",
    "six_month_only": "発行の日から6か月以内に限り使用できるもののみ",
}
WORDS: Final[dict[Rule, str]] = {
    "local_government_is_exempt": (
        "国・地方公共団体が発行する前払式支払手段は資金決済法の適用除外です。供託は不要です。"
    ),
    "six_months_are_exempt": (
        "発行の日から6か月以内に限り使用できる前払式支払手段は資金決済法の適用除外です。"
        "供託は不要です。"
    ),
    "not_above": "基準日の有償未使用残高が1,000万円以下です。供託は不要です。",
    "half": (
        "基準日の有償未使用残高が1,000万円を超えています。"
        "その2分の1以上の額(1円未満切上げ)の供託が必要です。"
    ),
}
"""Each rule as finance reads it."""

NOT_CHECKED: Final = (
    "発行者区分は現在の設定によります。基準日の時点の区分、および区分そのものの正しさ。",
    "同じ発行者がこの地域のほかに発行する前払式支払手段の未使用残高(合算して1,000万円と比べます)。",
    "供託・保全契約・信託の期限と、すでに供託または保全されている額。",
    "「6か月以内」の設定のとき、すべてのコインの有効期限が実際に発行から6か月以内であること。",
    "届出・登録の要否、自家型発行者の最初の基準日、特例基準日の選択。",
    "法令の改正。閾値と割合はこのソフトウェアの版の時点のものです。",
)
"""What this figure does not answer for, as finance reads it."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What would have to be deposited, at least, and by which rule."""

    deposit_yen: int
    rule: Rule


def deposit_due(issuer_kind: IssuerKind, unused_paid_yen: int) -> Deposit:
    """The least deposit for the unused balance of coin on a base date.

    Half of it, rounded up to the yen, since less than half is not enough.
    """
    if issuer_kind == "local_government":
        return Deposit(0, "local_government_is_exempt")
    if issuer_kind == "six_month_only":
        return Deposit(0, "six_months_are_exempt")
    if unused_paid_yen <= THRESHOLD_YEN:
        return Deposit(0, "not_above")
    return Deposit(-(-unused_paid_yen // 2), "half")
