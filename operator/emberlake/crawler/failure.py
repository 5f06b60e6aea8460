"""How the crawler says that something cannot be done."""


class Problem(Exception):  # noqa: N818  # a finding about data, raised where it is found
    """A finding that keeps one table, target or crawl from being done; another attempt would find it again.

    `path` is the folder or object, `reason` one CamelCase word, `message` names the value and the mend.
    """

    def __init__(self, path: str, reason: str, message: str) -> None:
        super().__init__(path, reason, message)
        self.path = path
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class RetryableError(Exception):
    """The crawl could not go on for a reason that another attempt may mend (network, server)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
