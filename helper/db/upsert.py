"""Adding up counts in place: one statement a chunk, rows in one sorted order.

Concurrent writers that touch the same counters in different orders deadlock on PostgreSQL; the
caller passes a mapping and the order is fixed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

CHUNK = 200


def add_up(
    session: Session,
    table: Table,
    keys: Sequence[str],
    counts: Sequence[str],
    deltas: Mapping[Any, Sequence[int]],
) -> None:
    """Add each delta to its row, making the row where there is none; all-zero deltas are skipped.

    `deltas` maps key values (in the order of `keys`) to numbers (in the order of `counts`).
    """
    rows = [
        {**dict(zip(keys, key, strict=True)), **dict(zip(counts, numbers, strict=True))}
        for key, numbers in sorted(deltas.items())
        if any(numbers)
    ]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(rows), CHUNK):
        statement = insert(table).values(rows[start : start + CHUNK])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=list(keys),
                set_={name: table.c[name] + statement.excluded[name] for name in counts},
            )
        )
