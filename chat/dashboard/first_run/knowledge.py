"""The third step: something to answer from. Files, a text, a web page, or the sample that comes with Parley."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from django import forms
from django.conf import settings
from django.core.files import File
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services as bots
from chat.dashboard.first_run.frame import Step
from knowledge import selectors, services
from knowledge.models import Dataset
from tenants.errors import Invalid
from tenants.pages import PageForm

SHOWN = 12


class TextForm(PageForm):
    title = forms.CharField(max_length=200, label=gettext_lazy("Title"))
    content = forms.CharField(max_length=500_000, label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 8}))


class WebPageForm(PageForm):
    url = forms.CharField(
        max_length=2_000, label=gettext_lazy("Address of the page"),
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com/help"}),
    )  # fmt: skip


class KnowledgeStep(Step):
    def values(self) -> Mapping[str, Any]:
        return {"text_form": TextForm(), "web_form": WebPageForm(), **self._documents()}

    def part(self, name: str) -> HttpResponseBase:
        if name != "documents":
            raise Http404
        return self.page.show(template="dashboard/guide/_documents.html", state=self.state, **self._documents())

    def take(self) -> HttpResponseBase:
        kinds: dict[str, Callable[[], HttpResponseBase | None]] = {
            "files": self._files, "text": self._text, "web": self._web, "sample": self._sample,
        }  # fmt: skip
        add = kinds.get(self.page.request.POST.get("kind", ""))
        if add is None:
            return self.page.onward()
        return add() or self.page.go("guide-step", "knowledge", said=_("It is being read."))

    def _documents(self) -> dict[str, Any]:
        if self.state.dataset is None:
            return {"documents": [], "more": 0}
        rows = list(selectors.documents(self.state.dataset).order_by("-created_at", "id")[:SHOWN])
        return {"documents": rows, "more": sum(self.state.documents.values()) - len(rows)}

    def _files(self) -> None:
        files = self.page.request.FILES.getlist("files")
        if not files:
            raise Invalid(_("Choose a file first."))
        services.add_files(by=self.page.principal, dataset=self._dataset(), files=files)

    def _text(self) -> HttpResponseBase | None:
        form = self.received(TextForm(data=self.page.request.POST), as_="text_form")
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "text_form": form})
        services.add_text(by=self.page.principal, dataset=self._dataset(), **form.cleaned_data)
        return None

    def _web(self) -> HttpResponseBase | None:
        form = self.received(WebPageForm(data=self.page.request.POST), as_="web_form")
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "web_form": form})
        services.add_page(by=self.page.principal, dataset=self._dataset(), **form.cleaned_data)
        return None

    def _sample(self) -> None:
        with ExitStack() as opened:
            paths = sorted(path for path in settings.SAMPLE_FILES.iterdir() if path.is_file())
            files = [File(opened.enter_context(path.open("rb")), name=path.name) for path in paths]
            services.add_files(by=self.page.principal, dataset=self._dataset(), files=files, tags=["sample"])

    def _dataset(self) -> Dataset:
        """The one that is there, or a new one, from which a bot that has none answers."""
        if self.state.dataset is not None:
            return self.state.dataset
        name = _("Knowledge of %(name)s") % {"name": self.page.membership.tenant.name}
        row = services.create_dataset(by=self.page.principal, name=name[:200])
        if bot := self.state.bot:
            with self.setting_up(bot):
                bots.link_dataset(by=self.page.principal, bot_id=bot.id, dataset_id=row.id)
        return row
