"""Bring into loaded books what the ledger itself does not understand: settings and terms."""

from campaigns.live import load_terms
from campaigns.shop_groups import load_shop_groups
from core.database import Connection
from core.ids import NIL
from ledger.books import Books
from payments.settings import RegionSettings, stored_settings


async def prepare(connection: Connection, books: Books) -> None:
    """Give `books` the settings, the terms of campaigns that it holds, and where points pay."""
    issuer = books.holders.get(NIL)
    books.settings = stored_settings(issuer.facts) if issuer else RegionSettings()
    await load_terms(connection, books)
    await load_shop_groups(connection, books)
