"""Machinery of access: who acts, what may be asked, where it reaches; policy has the rules."""
