"""The columns of an archived row, with their types: readers that guess them are slower and may guess wrong."""

TEXT = ["tenant_id", "player_id", "event", "asset", "request_id", "target", "kind", "ref", "error"]
COLUMNS = [
    "tenant_id", "player_id", "seq", "position", "event", "asset", "amount", "balance_delta", "held_delta",
    "balance_after", "held_after", "request_id", "target", "kind", "ref", "error", "created_at",
]
PARTITIONS = {"tenant": "VARCHAR", "database": "VARCHAR", "table": "VARCHAR", "year": "INTEGER", "month": "INTEGER", "day": "INTEGER"}


def is_text(column):
    return column in TEXT


def files_glob(root):
    return f"{root}/warehouse/tenant=*/database=*/table=*/year=*/month=*/day=*/part-*.jsonl.gz"
