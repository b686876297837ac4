import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelCall",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("provider_id", models.UUIDField(blank=True, null=True)),
                ("provider_name", models.CharField(max_length=30)),
                ("model", models.CharField(max_length=200)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("answer", "Answer"),
                            ("rewrite", "Standalone question"),
                            ("embed_question", "Embedding of a question"),
                            ("embed_documents", "Embedding of documents"),
                            ("test", "Test of a provider"),
                        ],
                        max_length=20,
                    ),
                ),
                ("prompt_tokens", models.PositiveIntegerField(default=0)),
                ("completion_tokens", models.PositiveIntegerField(default=0)),
                ("cost_usd", models.DecimalField(blank=True, decimal_places=8, max_digits=14, null=True)),
                ("outcome", models.CharField(default="ok", max_length=50)),
                ("latency_ms", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
