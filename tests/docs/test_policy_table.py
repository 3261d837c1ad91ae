"""The table of roles in docs/security.md says what policy.GRANTS says."""

from __future__ import annotations

from helper.policy import GRANTS
from helper.security.permissions import Permission, Reach, Role
from tests.docs.reading import DOCS, rows, section

SECURITY = (DOCS / "security.md").read_text()


def policy_table() -> list[list[str]]:
    """Return the table that the policy asks for: a row a permission, a column a role."""
    head = ["Permission", *(f"`{role}`" for role in Role)]
    return [head] + [
        [f"`{permission}`", *(_reaches(role, permission) for role in Role)]
        for permission in Permission
    ]


def _reaches(role: Role, permission: Permission) -> str:
    return ", ".join(f"{reach}" for reach in GRANTS[role].get(permission, ())) or "–"


def test_the_documented_table_is_the_policy() -> None:
    found = rows(section(SECURITY, "### What each role may do"))
    wanted = policy_table()
    lines = "\n".join(f"| {' | '.join(cells)} |" for cells in wanted)
    assert found == wanted, f"the table should be:\n{lines}"


def test_every_reach_is_explained() -> None:
    text = section(SECURITY, "## Who may do what")
    assert [reach for reach in Reach if f"- `{reach}`:" not in text] == []
