"""Errors that rooms raise and edges translate into answers."""


class HelperError(Exception):
    """The root of errors that the application itself raises on purpose."""


class NotFoundError(HelperError):
    """The thing does not exist, or lies outside the asker's scope (which must look the same)."""


class ForbiddenError(HelperError):
    """The thing is in the asker's scope, but this act is not granted."""


class InvalidError(HelperError):
    """Input breaks rules; `problems` maps a field to a sentence in the reader's language."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = problems
