"""The visit (phiếu): rules, record, amend, void, own log."""
