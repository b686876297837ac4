"""The third step: something to answer from. Files, a text, a web page, a whole site, or the sample of Parley's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from django import forms
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.http import Http404, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services as bots
from chat.dashboard.first_run.frame import Step
from knowledge import selectors, services
from knowledge.models import Dataset
from tenants.errors import Invalid, Problem
from tenants.models import Tenant
from tenants.pages import PageForm

SHOWN, IMPORTS = 12, 3


class TextForm(PageForm):
    title = forms.CharField(max_length=200, label=gettext_lazy("Title"))
    content = forms.CharField(max_length=500_000, label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 8}))


class WebPageForm(PageForm):
    url = forms.CharField(
        max_length=2_000, label=gettext_lazy("Address of the page"),
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com/help"}),
    )  # fmt: skip


class SiteForm(PageForm):
    url = forms.CharField(
        max_length=2_000, label=gettext_lazy("Address of the site, or of its sitemap"),
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com"}),
        help_text=gettext_lazy("Pages that its robots.txt forbids are left out."),
    )  # fmt: skip
    limit = forms.IntegerField(label=gettext_lazy("Pages, at most"), min_value=1, max_value=1_000, initial=50)


class KnowledgeStep(Step):
    def values(self) -> Mapping[str, Any]:
        forms_of = {"text_form": TextForm(), "web_form": WebPageForm(), "site_form": SiteForm(prefix="site")}
        return {**forms_of, **services.upload_limits(), **self._documents()}

    def part(self, name: str) -> HttpResponseBase:
        if name != "documents":
            raise Http404
        return self.page.show(template="dashboard/guide/_documents.html", state=self.state, **self._documents())

    def take(self) -> HttpResponseBase:
        kinds: dict[str, Callable[[], HttpResponseBase | None]] = {
            "files": self._files, "text": self._text, "web": self._web, "site": self._site,
            "sample": self._sample,
        }  # fmt: skip
        add = kinds.get(self.page.request.POST.get("kind", ""))
        if add is None:
            return self.page.onward()
        return add() or self.page.go("guide-step", "knowledge")

    def _documents(self) -> dict[str, Any]:
        if self.state.dataset is None:
            return {"documents": [], "imports": [], "more": 0}
        rows = list(selectors.documents(self.state.dataset).order_by("-created_at", "id")[:SHOWN])
        imports = list(self.state.dataset.imports.order_by("-created_at", "id")[:IMPORTS])
        return {"documents": rows, "imports": imports, "more": sum(self.state.documents.values()) - len(rows)}

    def _files(self) -> HttpResponseBase | None:
        """All that a form brings, or one for a script, which is told what became of it."""
        files = self.page.request.FILES.getlist("files")
        if self.page.request.headers.get("Accept") == "application/json":
            return self._one(files[:1])
        self._add(files)
        return None

    def _add(self, files: Sequence[File[bytes]]) -> services.Added:
        if not files:
            raise Invalid(_("Choose a file first."))
        return services.add_files(by=self.page.principal, dataset=self._dataset(), files=files)[0]

    def _one(self, files: Sequence[File[bytes]]) -> JsonResponse:
        try:
            added = self._add(files)
        except Problem as problem:
            said = " ".join(each for sentences in problem.errors.values() for each in sentences) or problem.detail
            return JsonResponse({"outcome": "refused", "said": said}, status=422)
        address = self.page.url("document", added.document.dataset_id, added.document.id)
        return JsonResponse({"outcome": "known" if added.duplicate else "added", "address": address})

    def _site(self) -> HttpResponseBase | None:
        form = self.received(SiteForm(data=self.page.request.POST, prefix="site"), as_="site_form")
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "site_form": form})
        services.import_site(by=self.page.principal, dataset=self._dataset(), **form.cleaned_data)
        return None

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
        self.page.count_cost()
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
        with transaction.atomic():
            # Files come two at a time: the second waits here, and finds what the first has made.
            tenant = Tenant.objects.select_for_update(no_key=True).get(id=self.page.tenant.id)
            return Dataset.objects.order_by("created_at", "id").first() or self._made(tenant.name)

    def _made(self, organisation: str) -> Dataset:
        name = _("Knowledge of %(name)s") % {"name": organisation}
        row = services.create_dataset(by=self.page.principal, name=name[:200])
        if bot := self.state.bot:
            with self.setting_up(bot):
                bots.link_dataset(by=self.page.principal, bot_id=bot.id, dataset_id=row.id)
        return row
