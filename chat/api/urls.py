from chat.api import completions, conversations, sessions, views
from tenants.http import route

urlpatterns = [
    route("public", views.PublicView.as_view(), "chat-public"),
    route("efficient", views.EfficientView.as_view(), "chat-efficient"),
    route("completions", completions.CompletionsView.as_view(), "chat-completions"),
    route("sessions/<str:session_id>", sessions.SessionView.as_view(), "chat-session"),
    route("sessions/<str:session_id>/feedback", sessions.FeedbackView.as_view(), "chat-session-feedback"),
    route("sessions/<str:session_id>/end", sessions.EndView.as_view(), "chat-session-end"),
]
management = [
    route("conversations", conversations.ConversationsView.as_view(), "conversations"),
    route("conversations/<uuid:conversation_id>", conversations.ConversationView.as_view(), "conversation"),
]
models = [
    route("models", completions.ModelsView.as_view(), "models"),
    route("models/<uuid:bot_id>", completions.ModelView.as_view(), "model"),
]
