import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0004_topics_with_examples"),
        ("integrations", "0003_turn_of_talk"),
        ("knowledge", "0003_ingestion"),
    ]

    operations = [
        migrations.CreateModel(
            name="BotVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="bots.bot"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("behaviour", models.JSONField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("names", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True)),
                ("rolled_back_to", models.PositiveIntegerField(blank=True, null=True)),
                ("author", models.CharField(blank=True, max_length=254)),
                ("created_by", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["bot", "number"], name="bot_version_number")],
            },
        ),
        migrations.CreateModel(
            name="LiveUse",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="live_uses", to="bots.bot"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="live_uses",
                        to="integrations.tenantaiprovider",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="live_uses",
                        to="knowledge.dataset",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(provider__isnull=True, dataset__isnull=False)
                        | Q(provider__isnull=False, dataset__isnull=True),
                        name="live_use_of_one_thing",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="bot",
            name="publish_mode",
            field=models.CharField(
                choices=[("immediate", "At once"), ("reviewed", "When somebody publishes the draft")],
                default="immediate",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="bot",
            name="live_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="bots.botversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="bot",
            constraint=models.CheckConstraint(
                condition=Q(publish_mode__in=["immediate", "reviewed"]), name="bot_publish_mode"
            ),
        ),
    ]
