"""The e-mails of users that there are, as allauth's addresses.

Confirmed are those of whom it is known that a mail arrived: who accepted an invitation, and the operator's own staff.
"""

from django.conf import settings
from django.db import migrations


def keep_addresses(apps, schema_editor):
    user_model = apps.get_model("tenants", "User")
    address = apps.get_model("account", "EmailAddress")
    invitation = apps.get_model("tenants", "Invitation")
    arrived = set(invitation.objects.exclude(accepted_at=None).values_list("email", flat=True))
    known = set(address.objects.values_list("user_id", flat=True))
    rows = [
        address(
            user_id=user.id, email=user.email, primary=True,
            verified=bool(user.platform_role) or user.email in arrived,
        )
        for user in user_model.objects.exclude(id__in=known)
    ]  # fmt: skip
    address.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_model_prices"),
        ("account", "0009_emailaddress_unique_primary_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunPython(keep_addresses, migrations.RunPython.noop)]
