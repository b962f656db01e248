"""The layouts of Zengin, typed from what was published: the items of each record in their order.

Each item is its name in the publications, N for digits (at the right, filled up with zeros) or C
for text (at the left, filled up with spaces), and how many bytes it has. It knows none of our code.
Read for it were these, as far as they were to be had:

- 群馬銀行「全銀協制定ファイルフォーマット【総合振込】」, and ASK「FBデータの仕様」 for positions
- きらぼし銀行「入出金明細(全銀)明細ファイル・フォーマット(全銀協規定形式)」, the head
- 阿波銀行「振込入金通知(全銀協制定フォーマット)」: the other kind of 200 bytes
- of programs by others, to compare: zengin4j「総合振込」, which names six publications that agree,
  among them the bank association's「適用業務およびレコード・フォーマット」of 令和元年12月;
  Diva.Zengin「入出金取引明細」, item by item, with what banks may leave open
"""

_HEAD_OF_STATEMENTS = """
    データ区分:N1 種別コード:N2 コード区分:N1 作成日:N6 勘定日自:N6 勘定日至:N6 銀行コード:N4
    銀行名:C15 支店コード:N3 支店名:C15 予備:N3 預金種目:N1 口座番号:N10 口座名:C40 貸越区分:N1
    通帳証書区分:N1 取引前残高:N14 ダミー:C71
"""
_LINE_OF_STATEMENTS = """
    データ区分:N1 照会番号:N8 勘定日:N6 預入払出日:N6 入払区分:N1 取引区分:N2 取引金額:N12
    うち他店券金額:N12 交換呈示日:N6 不渡返還日:N6 手形小切手区分:N1 手形小切手番号:N7 僚店番号:N3
    振込依頼人コード:N10 振込依頼人名または契約者番号:C48 仕向銀行名:C15 仕向店名:C15 摘要内容:C20
    EDI情報:C20 ダミー:C1
"""
_TRAILER_OF_STATEMENTS = """
    データ区分:N1 入金件数:N6 入金額合計:N13 出金件数:N6 出金額合計:N13 貸越区分:N1 取引後残高:N14
    データレコード件数:N7 ダミー:C139
"""
STATEMENT = {
    "1": _HEAD_OF_STATEMENTS,
    "2": _LINE_OF_STATEMENTS,
    "8": _TRAILER_OF_STATEMENTS,
    "9": "データ区分:N1 レコード総件数:N10 口座数:N5 ダミー:C184",
}
"""入出金取引明細 (種別コード 03) of ordinary, current and savings accounts: 200 bytes."""
LEFT_OPEN = {"貸越区分", "通帳証書区分", "取引前残高", "取引後残高"}
"""Items of heads and trailers that a bank need not fill (任意項目)."""

_HEAD_OF_TRANSFERS = """
    データ区分:N1 種別コード:N2 コード区分:N1 振込依頼人コード:N10 振込依頼人名:C40 振込指定日:N4
    仕向銀行番号:N4 仕向銀行名:C15 仕向支店番号:N3 仕向支店名:C15 預金種目:N1 口座番号:N7 ダミー:C17
"""
_TRANSFER = """
    データ区分:N1 被仕向銀行番号:N4 被仕向銀行名:C15 被仕向支店番号:N3 被仕向支店名:C15
    手形交換所番号:N4 預金種目:N1 口座番号:N7 受取人名:C30 振込金額:N10 新規コード:N1
    顧客コード1:N10 顧客コード2:N10 振込指定区分:N1 識別表示:C1 ダミー:C7
"""
TRANSFERS = {
    "1": _HEAD_OF_TRANSFERS,
    "2": _TRANSFER,
    "8": "データ区分:N1 合計件数:N6 合計金額:N12 ダミー:C101",
    "9": "データ区分:N1 ダミー:C119",
}
"""総合振込 (種別コード 21): 120 bytes."""


def items(record: str) -> list[tuple[str, str, int]]:
    """Name, kind and bytes of each item."""
    parted = [word.split(":") for word in record.split()]
    return [(name, kind[0], int(kind[1:])) for name, kind in parted]


def places(record: str) -> dict[str, tuple[int, int]]:
    """The first and the last column of each item, from 1."""
    found, at = {}, 0
    for name, _, length in items(record):
        found[name] = (at + 1, at + length)
        at += length
    return found


def written(record: str, **values: str | int) -> bytes:
    """One record. Numbers that are not named are zeros; None of a name that is no item."""
    assert values.keys() <= {name for name, _, _ in items(record)}, values
    whole = b""
    for name, kind, length in items(record):
        raw = str(values.get(name, "")).encode("cp932")
        whole += raw.rjust(length, b"0") if kind == "N" else raw.ljust(length)
        assert len(raw) <= length, (name, raw)
    return whole
