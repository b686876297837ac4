"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.dashboard import cases, playground, runs, sets, usage
from chat.dashboard.first_run import pages as first_run

_BOT = "bots/<uuid:bot_id>/"
_SET = f"{_BOT}tests/<uuid:set_id>/"

urlpatterns: list[URLPattern] = [
    path("guide/", first_run.GuidePage.as_view(), name="guide"),
    path("guide/<slug:step>/", first_run.StepPage.as_view(), name="guide-step"),
    path(f"{_BOT}playground/", playground.PlaygroundPage.as_view(), name="bot-playground"),
    path(f"{_BOT}playground/speak/", playground.SpeakPage.as_view(), name="bot-playground-speak"),
    path(f"{_BOT}playground/save/", cases.SaveTurnPage.as_view(), name="bot-playground-save"),
    path(f"{_BOT}tests/", sets.TestsPage.as_view(), name="bot-tests"),
    path(f"{_BOT}tests/new/", sets.NewSetPage.as_view(), name="test-set-new"),
    path(_SET, sets.SetPage.as_view(), name="test-set"),
    path(f"{_SET}edit/", sets.EditSetPage.as_view(), name="test-set-edit"),
    path(f"{_SET}delete/", sets.DeleteSetPage.as_view(), name="test-set-delete"),
    path(f"{_SET}cases/new/", cases.NewCasePage.as_view(), name="test-case-new"),
    path(f"{_SET}cases/import/", cases.ImportPage.as_view(), name="test-set-import"),
    path(f"{_SET}cases/export/", cases.ExportPage.as_view(), name="test-set-export"),
    path(f"{_SET}cases/<uuid:case_id>/", cases.CasePage.as_view(), name="test-case"),
    path(f"{_SET}cases/<uuid:case_id>/delete/", cases.DeleteCasePage.as_view(), name="test-case-delete"),
    path(f"{_SET}runs/start/", runs.StartRunPage.as_view(), name="test-run-start"),
    path(f"{_SET}runs/<uuid:run_id>/", runs.RunPage.as_view(), name="test-run"),
    path(f"{_SET}runs/<uuid:run_id>/cancel/", runs.CancelRunPage.as_view(), name="test-run-cancel"),
    path("usage/", usage.UsageView.as_view(), name="usage"),
]
