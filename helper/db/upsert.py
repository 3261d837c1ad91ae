"""Adding up counts in place: one prepared statement for all rows, in one sorted order.

Concurrent writers that touch the same counters in different orders deadlock on PostgreSQL; the
caller passes a mapping and the order is fixed here.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def add_up(
    session: Session,
    table: Table,
    keys: tuple[str, ...],
    counts: tuple[str, ...],
    deltas: Mapping[Any, Sequence[int]],
) -> None:
    """Add each delta to its row, making the row where there is none; all-zero deltas are skipped.

    `deltas` maps key values (in the order of `keys`) to numbers (in the order of `counts`).
    """
    rows = [
        dict(zip((*keys, *counts), (*key, *numbers), strict=True))
        for key, numbers in sorted(deltas.items())
        if any(numbers)
    ]
    if rows:
        statement = _statement(session.get_bind().dialect.name, table, keys, counts)
        session.connection().execute(statement, rows)


@cache
def _statement(
    dialect: str, table: Table, keys: tuple[str, ...], counts: tuple[str, ...]
) -> Executable:
    # Built once: a statement of many VALUES would be compiled anew for each number of rows, which
    # cost more than all the writing.
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return insert.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: table.c[name] + insert.excluded[name] for name in counts},
    )
