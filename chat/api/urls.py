from chat.api import conversations, views
from tenants.http import route

urlpatterns = [
    route("public", views.PublicView.as_view(), "chat-public"),
    route("efficient", views.EfficientView.as_view(), "chat-efficient"),
    route("sessions/<str:session_id>", views.SessionView.as_view(), "chat-session"),
    route("sessions/<str:session_id>/feedback", views.FeedbackView.as_view(), "chat-session-feedback"),
]
management = [
    route("conversations", conversations.ConversationsView.as_view(), "conversations"),
    route("conversations/<uuid:conversation_id>", conversations.ConversationView.as_view(), "conversation"),
]
