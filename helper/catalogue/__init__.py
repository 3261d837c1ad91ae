"""The catalogue: support types, outcomes, reasons as data in two languages."""
