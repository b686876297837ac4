from django.urls import path, re_path

from chat.widget import config, pages, script
from tenants.http import route

api = [
    route("widget/<uuid:bot_id>", config.WidgetView.as_view(), "chat-widget"),
    route("widget/<uuid:bot_id>/logo", config.WidgetLogoView.as_view(), "chat-widget-logo"),
]
urlpatterns = [
    path("widget.js", script.loader, name="widget-script"),
    re_path(
        r"^widget/(?P<version>[\w.-]{1,40})/(?P<name>[a-z]+(?:/[a-z]+)?)\.js$", script.module, name="widget-module"
    ),
    route("c/<uuid:bot_id>", pages.page, "chat-page"),
]
