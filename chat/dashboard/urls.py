"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.dashboard import cases, playground, runs, sets, website

_BOT = "bots/<uuid:bot_id>/"
_SET = f"{_BOT}tests/<uuid:set_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{_BOT}website/", website.WebsitePage.as_view(), name="bot-website"),
    path(f"{_BOT}website/places/", website.PlacesPage.as_view(), name="bot-website-places"),
    path(f"{_BOT}website/allow/", website.AllowPage.as_view(), name="bot-website-allow"),
    path(f"{_BOT}website/doctor/", website.DoctorPage.as_view(), name="bot-website-doctor"),
    path(f"{_BOT}website/words/", website.WordsPage.as_view(), name="bot-website-words"),
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
]
