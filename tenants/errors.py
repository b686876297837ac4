"""What can be refused, as exceptions: an HTTP status, a stable code and a sentence for the person who asked.

Services raise these (or a subclass of their own); `config.errors` turns them into problem details, once. A sentence is
said in the language of the request: pages have their reader's, the APIs and the worker speak English.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Word = str | Promise


class Problem(Exception):
    """A refusal that the caller can understand.

    `code` is stable and machine-readable, `detail` is for a person, `errors` maps field names to sentences.
    """

    status = 500
    code = "error"
    title: Word = gettext_lazy("Something went wrong")

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = str(detail or self.title)
        self.code = code or self.code
        self.errors = {name: [str(sentence) for sentence in said] for name, said in (errors or {}).items()}
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class Invalid(Problem):
    status, code = 400, "invalid"
    title: Word = gettext_lazy("The request is not valid")


class Unauthenticated(Problem):
    status, code = 401, "not_authenticated"
    title: Word = gettext_lazy("Sign in or send a key")


class Forbidden(Problem):
    status, code = 403, "forbidden"
    title: Word = gettext_lazy("Not allowed")


class LimitReached(Forbidden):
    code, title = "plan_limit_reached", gettext_lazy("The plan's limit is reached")


class NotFound(Problem):
    status, code = 404, "not_found"
    title: Word = gettext_lazy("Not found")


class Conflict(Problem):
    status, code = 409, "conflict"
    title: Word = gettext_lazy("In conflict with what exists")


class TooManyRequests(Problem):
    """`retry_after` is in seconds."""

    status, code = 429, "rate_limited"
    title: Word = gettext_lazy("Too many requests")

    def __init__(self, detail: str = "", *, retry_after: int, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class Unavailable(Problem):
    status, code = 503, "unavailable"
    title: Word = gettext_lazy("Not available at the moment")
