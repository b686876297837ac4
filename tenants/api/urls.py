from tenants.api import members, views
from tenants.http import route

urlpatterns = [
    route("tenants", views.TenantsView.as_view(), "tenants"),
    route("tenants/<uuid:tenant_id>", views.TenantItemView.as_view(), "tenant"),
    route("plans", views.PlansView.as_view(), "plans"),
    route("plans/<uuid:row_id>", views.PlanView.as_view(), "plan"),
    route("ai-providers", views.GlobalProvidersView.as_view(), "global-providers"),
    route("ai-providers/<uuid:row_id>", views.GlobalProviderView.as_view(), "global-provider"),
    route("model-prices", views.ModelPricesView.as_view(), "model-prices"),
    route("model-prices/<uuid:row_id>", views.ModelPriceView.as_view(), "model-price"),
    route("settings/system", views.SettingsView.as_view(), "system-settings"),
    route("audit", views.AuditView.as_view(), "audit"),
]
management = [
    route("members", members.MembersView.as_view(), "members"),
    route("members/<uuid:member_id>", members.MemberView.as_view(), "member"),
    route("invitations", members.InvitationsView.as_view(), "invitations"),
    route("invitations/<uuid:invitation_id>", members.InvitationView.as_view(), "invitation-item"),
    route("invitations/<uuid:invitation_id>/resend", members.ResendView.as_view(), "invitation-resend"),
    route("audit", members.TenantAuditView.as_view(), "tenant-audit"),
]
