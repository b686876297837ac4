"""What a step of the first run is to its page, and the page to its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from bots import services as bots
from bots.models import Bot
from chat.dashboard.first_run.state import State
from tenants.enums import Role
from tenants.errors import Problem
from tenants.models import Membership
from tenants.pages import PageForm
from tenants.types import Principal, TenantRef

F = TypeVar("F", bound=PageForm)


class Frame(Protocol):
    """The page, as its steps use it."""

    request: HttpRequest
    membership: Membership

    @property
    def state(self) -> State: ...
    @property
    def tenant(self) -> TenantRef: ...
    @property
    def principal(self) -> Principal: ...

    def url(self, name: str, *args: Any) -> str: ...  # noqa: ANN401 -- ids
    def go(self, name: str, *args: Any, said: str = "") -> HttpResponse: ...  # noqa: ANN401 -- ids
    def show(self, *, template: str = "", status: int = 200, **values: Any) -> HttpResponse: ...  # noqa: ANN401 -- values
    def drawn(self, *, status: int = 200, **values: Any) -> HttpResponse: ...  # noqa: ANN401 -- values
    def seen(self) -> HttpResponse: ...
    def onward(self, said: str = "") -> HttpResponse: ...
    def count_cost(self) -> None: ...


class Step:
    """`role` is what its POST asks of a member."""

    role: ClassVar[Role] = Role.EDITOR

    def __init__(self, page: Frame) -> None:
        self.page = page
        self.state = page.state
        self.sent: tuple[str, PageForm] | None = None

    def received(self, form: F, *, as_: str = "form") -> F:
        """The form that was sent, which comes back as it was where a service refuses it."""
        self.sent = (as_, form)
        return form

    def refused(self, problem: Problem) -> HttpResponseBase:
        """The step again, with what is wrong beside the fields, or above the page where no form was sent."""
        values = dict(self.values())
        if self.sent:
            name, form = self.sent
            form.refuse(problem)
            values[name] = form
        else:
            sentences = [f"{what}: {sentence}" for what, said in problem.errors.items() for sentence in said]
            messages.error(self.page.request, " ".join(dict.fromkeys(sentences or [problem.detail])))
        return self.page.drawn(status=422, **values)

    @contextmanager
    def setting_up(self, bot: Bot) -> Iterator[None]:
        """What changes in here belongs to the bot's first version, as long as no customer was answered."""
        with bots.changing(by=self.page.principal, bot_id=bot.id, is_new=not self.state.has_answered):
            yield

    def values(self) -> Mapping[str, Any]:
        """What its template reads besides what every step's does."""
        return {}

    def take(self) -> HttpResponseBase:
        """Do what was sent, and move on. Raises `Problem`."""
        return self.page.seen()

    def part(self, name: str) -> HttpResponseBase:
        """A part of the page that asks for itself again."""
        raise Http404
