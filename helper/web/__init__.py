"""The web edge: access by decorator, one commit, headers, errors, languages, formats."""
