"""Word lists for the town's names: all made up, none of a real business."""

from typing import Final

AREAS: Final = ("駅前", "北町", "南台", "川辺", "坂上", "桜通り", "寺町", "新開")

FAMILIES: Final = (
    "青木", "石橋", "上原", "江口", "大沢", "片岡", "北村", "桑田", "小泉", "坂本", "柴田", "杉山",
    "関口", "高瀬", "千葉", "辻", "寺田", "戸川", "永井", "西尾", "野口", "橋本", "平野", "深谷",
    "星野", "町田", "三浦", "村上", "森川", "矢部", "吉岡", "若林",
)  # fmt: skip

NATURE: Final = (
    "さくら", "ひばり", "つばめ", "すみれ", "かえで", "もみじ", "あさひ", "みどり", "こもれび",
    "ひなた", "やまびこ", "せせらぎ", "あおば", "わかば", "しらゆり", "ほたる", "つきみ",
    "はるかぜ", "こすもす", "いちょう",
)  # fmt: skip

CHAINS: Final = ("まるはな", "ゆうなぎ", "ほしぞら", "たかのは", "みなみかぜ", "しろつめ")
"""Large shops and convenience stores carry one of these and the name of their area."""
