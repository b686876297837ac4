from apikeys.api import views
from tenants.http import route

auth = [
    route("login", views.SignInView.as_view(), "login"),
    route("logout", views.SignOutView.as_view(), "logout"),
    route("me", views.MeView.as_view(), "me"),
    route("invitations/accept", views.AcceptInvitationView.as_view(), "accept-invitation"),
]
urlpatterns = [
    route("api-keys", views.KeysView.as_view(), "api-keys"),
    route("api-keys/<uuid:key_id>", views.KeyView.as_view(), "api-key"),
    route("api-keys/<uuid:key_id>/rotate", views.RotateView.as_view(), "api-key-rotate"),
]
