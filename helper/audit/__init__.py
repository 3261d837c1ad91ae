"""Who did what to which row: an append-only record of ids, never of personal words."""
