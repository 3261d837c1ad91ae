"""Machinery of access: who acts, what may be asked for, where it reaches; the rules are in policy."""
