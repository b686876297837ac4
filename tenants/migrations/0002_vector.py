"""pgvector, in a schema of its own that is on everybody's search path."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=[
                "CREATE SCHEMA IF NOT EXISTS extensions",
                "CREATE EXTENSION IF NOT EXISTS vector SCHEMA extensions",
            ],
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
