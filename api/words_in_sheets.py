"""What states, kinds and classes are called in spreadsheets: people read these, not the codes."""

from typing import Final

from campaigns.owed_by_funders import Funded
from merchants.line_match import MatchKind
from merchants.settlement import Obstacle, SettlementState
from payments.list_bank_lines import LineState
from residents.consent import Purpose

SETTLEMENT_STATES: Final[dict[SettlementState, str]] = {
    "carried": "繰越",
    "due": "振込待ち",
    "rejected": "却下",
    "paid": "振込済み",
    "returned": "組戻し",
}
OBSTACLES: Final[dict[Obstacle, str]] = {"below-minimum": "最低額未満", "suspended": "取扱停止"}
LINE_STATES: Final[dict[LineState, str]] = {
    "unmatched": "候補なし",
    "proposed": "候補あり",
    "confirmed": "照合済み",
    "aside": "照合対象外",
}
MATCH_KINDS: Final[dict[MatchKind, str]] = {
    "file": "総合振込",
    "transfer": "振込",
    "return": "組戻し",
    "funding": "予算の拠出",
    "provider": "チャージ事業者",
    "debit_note": "請求書の入金",
    "aside": "照合対象外",
}
CLASSES: Final[dict[str, str]] = {
    "street_member": "商店街加盟店",
    "small": "小規模店",
    "convenience": "コンビニ",
    "large": "大型店",
}
MERCHANT_STATES: Final[dict[str, str]] = {
    "open": "加盟中",
    "suspended": "取扱停止",
    "leaving": "脱退手続き中",
    "closed": "脱退",
}
PURPOSES: Final[dict[Purpose, str]] = {
    "news_of_city": "市からのお知らせ",
    "news_of_campaigns": "キャンペーンのお知らせ",
    "city_news_by_payments": "買い物の場所から選んだ市のお知らせ",
    "campaign_news_by_payments": "買い物の場所から選んだキャンペーンのお知らせ",
    "surveys": "アンケート",
}
FUNDED: Final[dict[Funded, str]] = {"campaign": "キャンペーン", "benefit": "給付"}
CAMPAIGN_STATES: Final[dict[str, str]] = {
    "draft": "下書き",
    "simulated": "試算済み",
    "submitted": "承認待ち",
    "approved": "承認済み",
    "scheduled": "開始待ち",
    "live": "実施中",
    "stopped": "停止中",
    "ended": "終了",
}
BENEFIT_STATES: Final[dict[str, str]] = {
    "draft": "下書き",
    "listed": "名簿登録済み",
    "approved": "承認済み",
    "offered": "受付中",
    "stopped": "停止中",
    "closed": "終了",
}
