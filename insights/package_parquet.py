"""A table as Parquet, for programs: the same rows as the CSV under the columns' short names."""

import io
from typing import Any

from insights.package_columns import Kind, columns_of, rows_of
from insights.plan import StatisticsPlan
from insights.released import Released


def table_parquet(released: Released, plan: StatisticsPlan, told: dict[str, str]) -> bytes:
    """The file, with `told` in its metadata. The same rows are the same bytes, as long as the
    library is the same: its version stands in the file (`created_by`).
    """
    import pyarrow as pa  # a process that makes no package starts sooner without it, and is lighter
    from pyarrow import parquet

    types: dict[Kind, Any] = {
        "date": pa.date32(),
        "text": pa.string(),
        "whole": pa.int64(),
        "thousandths": pa.decimal128(12, 3),
    }
    columns = columns_of(released.table)
    schema = pa.schema(
        [
            pa.field(column.name, types[column.kind], nullable=not column.is_needed)
            for column in columns
        ],
        metadata=told,
    )
    rows = zip(*rows_of(released, plan), strict=True)
    arrays = [
        pa.array(values, types[each.kind]) for each, values in zip(columns, rows, strict=True)
    ]
    file = io.BytesIO()
    parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        file,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=False,
    )
    return file.getvalue()
