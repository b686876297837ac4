from integrations.api import views
from tenants.http import route

urlpatterns = [
    route("ai-providers", views.ProvidersView.as_view(), "ai-providers"),
    route("ai-providers/available", views.AvailableView.as_view(), "ai-providers-available"),
    route("ai-providers/<uuid:provider_id>", views.ProviderView.as_view(), "ai-provider"),
    route("ai-providers/<uuid:provider_id>/models", views.ModelsView.as_view(), "ai-provider-models"),
    route("ai-providers/<uuid:provider_id>/test", views.TestView.as_view(), "ai-provider-test"),
    route("usage", views.UsageView.as_view(), "usage"),
]
