"""The words in which access is said: roles, permissions, and how far a permission reaches."""

from enum import StrEnum


class Role(StrEnum):
    """Roles held at a place from a day to a day (docs/security.md "Who may do what")."""

    MEMBER = "member"
    VILLAGE_LEAD = "village_lead"
    COMMUNE_OFFICER = "commune_officer"
    PROVINCE_OFFICER = "province_officer"
    VIEWER = "viewer"
    ADMIN = "admin"


class Permission(StrEnum):
    """Acts and sights that the policy grants."""

    VISIT_RECORD = "visit.record"
    VISIT_RECORD_NEARBY = "visit.record_nearby"  # another village of the own commune: flagged
    VISIT_READ = "visit.read"
    VISIT_READ_NOTE = "visit.read_note"
    VISIT_READ_LABEL = "visit.read_label"
    VISIT_READ_CARD = "visit.read_card"
    VISIT_READ_AUTHOR = "visit.read_author"
    VISIT_VOID = "visit.void"
    VISIT_SEND_BACK = "visit.send_back"
    TALLY_READ = "tally.read"
    TALLY_BREAKDOWN = "tally.breakdown"
    TEAM_READ = "team.read"
    INVITE_MEMBER = "invite.member"
    INVITE_VILLAGE_LEAD = "invite.village_lead"
    INVITE_COMMUNE_OFFICER = "invite.commune_officer"
    INVITE_PROVINCE_OFFICER = "invite.province_officer"
    INVITE_VIEWER = "invite.viewer"
    INVITE_ADMIN = "invite.admin"
    SIGNED_IN = "signed_in"  # whoever has a session: own profile, catalogue, places


class Reach(StrEnum):
    """Where a permission holds, seen from the place of the role."""

    HERE = "here"  # the place itself
    OWN_COMMUNE = "own_commune"  # the commune of the place, as one place
    COMMUNE_VILLAGES = "commune_villages"  # any village of that commune
    WITHIN = "within"  # the place and everything below it
