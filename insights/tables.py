"""The tables of the statistics, and the views of them that everybody may read."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    column,
    table,
    text,
)

from core.database import metadata, needed

_SCHEMA: Final = "insights"
_INSTANT: Final = DateTime(timezone=True)


def _region(constraint: str) -> Column[int]:
    return needed("region_id", Integer, ForeignKey("ledger.region.region_id", name=constraint))


plan = Table(
    "plan",
    metadata,
    _region("plan_region_fk"),
    needed("plan_id", Uuid),
    needed("version", Integer),
    needed("document", Text),
    needed("digest", LargeBinary),
    needed("first_week", Date),
    needed("drafted_by", Text),
    needed("drafted_at", _INSTANT, server_default=text("clock_timestamp()")),
    PrimaryKeyConstraint("region_id", "plan_id", name="plan_pk"),
    UniqueConstraint("region_id", "version", name="plan_is_one_version"),
    schema=_SCHEMA,
)

plan_approval = Table(
    "plan_approval",
    metadata,
    needed("region_id", Integer),
    needed("plan_id", Uuid),
    needed("number", Integer),
    needed("approved_by", Text),
    needed("approved_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "plan_id", name="plan_approval_pk"),
    ForeignKeyConstraint(
        ["region_id", "plan_id"],
        ["insights.plan.region_id", "insights.plan.plan_id"],
        name="plan_approval_plan_fk",
    ),
    UniqueConstraint("region_id", "number", name="plan_approval_is_numbered"),
    schema=_SCHEMA,
)

budget = Table(
    "budget",
    metadata,
    _region("budget_region_fk"),
    needed("scope", Text),
    needed("period", Date),
    needed("cap", BigInteger),
    needed("used", BigInteger, server_default=text("0")),
    PrimaryKeyConstraint("region_id", "scope", "period", name="budget_pk"),
    schema=_SCHEMA,
)

release = Table(
    "release",
    metadata,
    needed("region_id", Integer),
    needed("release_no", BigInteger),
    needed("table_name", Text),
    needed("first_day", Date),
    needed("last_day", Date),
    needed("plan_id", Uuid),
    needed("scope", Text),
    needed("period", Date),
    needed("query_hash", LargeBinary),
    needed("table_hash", LargeBinary),
    needed("sigma_yen", BigInteger),
    needed("sigma_payers_milli", BigInteger),
    needed("cost", BigInteger),
    needed("output", LargeBinary),
    needed("output_sha256", LargeBinary),
    needed("prev_hash", LargeBinary),
    needed("hash", LargeBinary),
    needed("released_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "release_no", name="release_pk"),
    ForeignKeyConstraint(
        ["region_id", "plan_id"],
        ["insights.plan_approval.region_id", "insights.plan_approval.plan_id"],
        name="release_plan_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "scope", "period"],
        ["insights.budget.region_id", "insights.budget.scope", "insights.budget.period"],
        name="release_budget_fk",
    ),
    UniqueConstraint("region_id", "query_hash", name="release_of_a_query_is_one"),
    UniqueConstraint("region_id", "table_name", "first_day", name="release_of_a_period_is_one"),
    UniqueConstraint("region_id", "prev_hash", name="release_has_one_after_it"),
    schema=_SCHEMA,
)

delivery_month = Table(
    "delivery_month",
    metadata,
    needed("region_id", Integer),
    needed("month", Date),
    needed("scope", Text),
    needed("period", Date),
    needed("cost", BigInteger),
    PrimaryKeyConstraint("region_id", "month", name="delivery_month_pk"),
    ForeignKeyConstraint(
        ["region_id", "scope", "period"],
        ["insights.budget.region_id", "insights.budget.scope", "insights.budget.period"],
        name="delivery_month_budget_fk",
    ),
    schema=_SCHEMA,
)

delivery_figure = Table(
    "delivery_figure",
    metadata,
    needed("region_id", Integer),
    needed("message_id", Uuid),
    needed("first_month", Date),
    needed("last_month", Date),
    needed("read_people", BigInteger),
    needed("unread_people", BigInteger),
    needed("sigma_milli", BigInteger),
    needed("released_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "message_id", name="delivery_figure_pk"),
    ForeignKeyConstraint(
        ["region_id", "message_id"],
        ["notifications.message.region_id", "notifications.message.message_id"],
        name="delivery_figure_message_fk",
    ),
    *(
        ForeignKeyConstraint(
            ["region_id", f"{which}_month"],
            ["insights.delivery_month.region_id", "insights.delivery_month.month"],
            name=f"delivery_figure_{which}_month_fk",
        )
        for which in ("first", "last")
    ),
    schema=_SCHEMA,
)

released: Final = table(
    "released",
    *(column(each.name, each.type) for each in release.c if each.name != "scope"),
    schema=_SCHEMA,
)
budget_told: Final = table(
    "budget_told", *(column(each.name, each.type) for each in budget.c), schema=_SCHEMA
)
plan_told: Final = table(
    "plan_told",
    *(column(each.name, each.type) for each in plan.c),
    column("approval_no", Integer),
    column("approved_by", Text),
    column("approved_at", _INSTANT),
    schema=_SCHEMA,
)
delivery_told: Final = table(
    "delivery_told",
    column("region_id", Integer),
    column("message_id", Uuid),
    column("kind", Text),
    column("title", Text),
    column("made_at", _INSTANT),
    column("read_people", BigInteger),
    column("unread_people", BigInteger),
    column("sigma_milli", BigInteger),
    column("released_at", _INSTANT),
    schema=_SCHEMA,
)
