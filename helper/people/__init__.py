"""Users, their roles at a place from a day to a day, invites, sign-in, devices."""
