from django.urls import path

from chat.widget import config, pages
from tenants.http import route

api = [
    route("widget/<uuid:bot_id>", config.WidgetView.as_view(), "chat-widget"),
    route("widget/<uuid:bot_id>/logo", config.WidgetLogoView.as_view(), "chat-widget-logo"),
]
urlpatterns = [
    path("widget.js", pages.script, name="widget-script"),
    route("c/<uuid:bot_id>", pages.page, "chat-page"),
]
