"""Sums that equal a recount of the log at any moment, at every level."""
