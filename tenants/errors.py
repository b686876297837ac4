"""What can be refused, as exceptions: an HTTP status, a stable code and a sentence for the person who asked.

Services raise these (or a subclass of their own); `config.errors` turns them into problem details, once.
"""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """A refusal that the caller can understand.

    `code` is stable and machine-readable, `detail` is for a person, `errors` maps field names to sentences.
    """

    status = 500
    code = "error"
    title = "Something went wrong"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.title
        self.code = code or self.code
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class Invalid(Problem):
    status, code, title = 400, "invalid", "The request is not valid"


class Unauthenticated(Problem):
    status, code, title = 401, "not_authenticated", "Sign in or send a key"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "Not allowed"


class LimitReached(Forbidden):
    code, title = "plan_limit_reached", "The plan's limit is reached"


class NotFound(Problem):
    status, code, title = 404, "not_found", "Not found"


class Conflict(Problem):
    status, code, title = 409, "conflict", "In conflict with what exists"


class TooManyRequests(Problem):
    """`retry_after` is in seconds."""

    status, code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, detail: str = "", *, retry_after: int, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Not available at the moment"
