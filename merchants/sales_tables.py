"""The tables of added-up sales: figures of days, numbers of customers, who came last when."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from core.database import metadata, needed
from merchants.sale import MEASURES

_SCHEMA: Final = "merchants"


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


sales_day = Table(
    "sales_day",
    metadata,
    needed("region_id", Integer),
    needed("merchant_id", Uuid),
    needed("cut", Text),
    needed("day", Date),
    needed("store_id", Uuid),
    needed("part", Text),
    *map(_count, MEASURES),
    PrimaryKeyConstraint(
        "region_id", "merchant_id", "cut", "day", "store_id", "part", name="sales_day_pk"
    ),
    ForeignKeyConstraint(
        ["region_id", "store_id"],
        ["merchants.store.region_id", "merchants.store.store_id"],
        name="sales_day_store_fk",
    ),
    schema=_SCHEMA,
)

sales_customers = Table(
    "sales_customers",
    metadata,
    needed("region_id", Integer),
    needed("scope_id", Uuid),
    needed("grain", Text),
    needed("begins_on", Date),
    _count("customers"),
    _count("new_customers"),
    PrimaryKeyConstraint("region_id", "scope_id", "grain", "begins_on", name="sales_customers_pk"),
    ForeignKeyConstraint(
        ["region_id", "scope_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="sales_customers_scope_fk",
    ),
    schema=_SCHEMA,
)

sales_visitor = Table(
    "sales_visitor",
    metadata,
    needed(
        "region_id", Integer, ForeignKey("ledger.region.region_id", name="sales_visitor_region_fk")
    ),
    needed("scope_id", Uuid),
    needed("person_id", Uuid),
    needed("last_day", Date),
    PrimaryKeyConstraint("region_id", "scope_id", "person_id", name="sales_visitor_pk"),
    Index("sales_visitor_by_person", "region_id", "person_id"),
    schema=_SCHEMA,
)
