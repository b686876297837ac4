from chat.api import analytics, completions, conversations, gaps, sessions, testing, views
from tenants.http import route

urlpatterns = [
    route("public", views.PublicView.as_view(), "chat-public"),
    route("efficient", views.EfficientView.as_view(), "chat-efficient"),
    route("completions", completions.CompletionsView.as_view(), "chat-completions"),
    route("sessions/<str:session_id>", sessions.SessionView.as_view(), "chat-session"),
    route("sessions/<str:session_id>/feedback", sessions.FeedbackView.as_view(), "chat-session-feedback"),
    route("sessions/<str:session_id>/contact", sessions.ContactView.as_view(), "chat-session-contact"),
    route("sessions/<str:session_id>/end", sessions.EndView.as_view(), "chat-session-end"),
]
management = [
    route("conversations", conversations.ConversationsView.as_view(), "conversations"),
    route("conversations/export", conversations.ExportView.as_view(), "conversations-export"),
    route("conversations/desk", conversations.DeskView.as_view(), "conversations-desk"),
    route("conversations/<uuid:conversation_id>/take", conversations.TakeView.as_view(), "conversation-take"),
    route("conversations/<uuid:conversation_id>/reply", conversations.ReplyView.as_view(), "conversation-reply"),
    route(
        "conversations/<uuid:conversation_id>/hand-back", conversations.HandBackView.as_view(), "conversation-hand-back"
    ),
    route("conversations/<uuid:conversation_id>/close", conversations.CloseView.as_view(), "conversation-close"),
    route("conversations/<uuid:conversation_id>", conversations.ConversationView.as_view(), "conversation"),
    route(
        "conversations/<uuid:conversation_id>/messages/<uuid:message_id>/test-case",
        testing.SaveView.as_view(),
        "conversation-test-case",
    ),
    route("analytics/summary", analytics.SummaryView.as_view(), "analytics-summary"),
    route("analytics/timeseries", analytics.TimeseriesView.as_view(), "analytics-timeseries"),
    route("readiness", analytics.ReadinessView.as_view(), "readiness"),
    route("gaps", gaps.GapsView.as_view(), "gaps"),
    route("gaps/<uuid:gap_id>", gaps.GapView.as_view(), "gap"),
    route("gaps/<uuid:gap_id>/answer", gaps.AnswerView.as_view(), "gap-answer"),
    route("gaps/<uuid:gap_id>/solve", gaps.SolveView.as_view(), "gap-solve"),
    route("gaps/<uuid:gap_id>/dismiss", gaps.DismissView.as_view(), "gap-dismiss"),
    route("gaps/<uuid:gap_id>/reopen", gaps.ReopenView.as_view(), "gap-reopen"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/runs", testing.RunsView.as_view(), "test-runs"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/runs/<uuid:run_id>", testing.RunView.as_view(), "test-run"),
    route(
        "bots/<uuid:bot_id>/test-sets/<uuid:set_id>/runs/<uuid:run_id>/cancel",
        testing.CancelView.as_view(),
        "test-run-cancel",
    ),
]
models = [
    route("models", completions.ModelsView.as_view(), "models"),
    route("models/<uuid:bot_id>", completions.ModelView.as_view(), "model"),
]
