"""Those that waited for a person before it was kept since when."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_handover_and_gaps")]

    operations = [
        migrations.RunSQL(
            "UPDATE chat_conversation SET waiting_since = last_at WHERE status = 'escalated' AND waiting_since IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
