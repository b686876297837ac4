"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.dashboard import (
    analytics,
    audit_log,
    cases,
    conversations,
    gaps,
    inbox,
    overview,
    passages,
    playground,
    runs,
    saving,
    sets,
    usage,
    website,
)
from chat.dashboard.first_run import pages as first_run

_ONE = "conversations/<uuid:conversation_id>/"
_BOT = "bots/<uuid:bot_id>/"
_SET = f"{_BOT}tests/<uuid:set_id>/"

urlpatterns: list[URLPattern] = [
    path("guide/", first_run.GuidePage.as_view(), name="guide"),
    path("guide/<slug:step>/", first_run.StepPage.as_view(), name="guide-step"),
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
    path("conversations/", conversations.Conversations.as_view(), name="conversations"),
    path("conversations/export/", conversations.ExportConversations.as_view(), name="conversations-export"),
    path(_ONE, conversations.ShowConversation.as_view(), name="conversation"),
    path(f"{_ONE}delete/", conversations.DeleteConversation.as_view(), name="conversation-delete"),
    path(f"{_ONE}take/", inbox.Take.as_view(), name="conversation-take"),
    path(f"{_ONE}reply/", inbox.Reply.as_view(), name="conversation-reply"),
    path(f"{_ONE}hand-back/", inbox.HandBack.as_view(), name="conversation-hand-back"),
    path(f"{_ONE}close/", inbox.Close.as_view(), name="conversation-close"),
    path(f"{_ONE}messages/<uuid:message_id>/test/", saving.SaveAsTest.as_view(), name="conversation-test"),
    path("cited/<uuid:document_id>/", passages.CitedDocument.as_view(), name="cited-document"),
    path("cited/<uuid:document_id>/<uuid:chunk_id>/", passages.CitedPassage.as_view(), name="cited-passage"),
    path("inbox/", inbox.Inbox.as_view(), name="inbox"),
    path("", overview.Overview.as_view(), name="overview"),
    path("gaps/", gaps.Gaps.as_view(), name="gaps"),
    path("gaps/<uuid:gap_id>/", gaps.OneGap.as_view(), name="gap"),
    path("gaps/<uuid:gap_id>/solve/", gaps.SolveGap.as_view(), name="gap-solve"),
    path("gaps/<uuid:gap_id>/dismiss/", gaps.DismissGap.as_view(), name="gap-dismiss"),
    path("gaps/<uuid:gap_id>/reopen/", gaps.ReopenGap.as_view(), name="gap-reopen"),
    path("analytics/", analytics.Analytics.as_view(), name="analytics"),
    path("analytics/sheet/", analytics.AnalyticsSheet.as_view(), name="analytics-sheet"),
    path("inbox/mail/", inbox.InboxMail.as_view(), name="inbox-mail"),
    path("audit-log/", audit_log.AuditLogView.as_view(), name="audit-log"),
    path("audit-log/sheet/", audit_log.AuditSheet.as_view(), name="audit-sheet"),
    path("inbox/count/", inbox.InboxCount.as_view(), name="inbox-count"),
    path("usage/", usage.UsageView.as_view(), name="usage"),
]
