"""Celery: the doorbell. What there is to do stands in the database."""

from __future__ import annotations

import os
import signal

from celery import Celery
from celery.signals import worker_process_init, worker_ready

from config.embedded import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("parley")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _look_for_work(**_: object) -> None:
    """A worker that starts rings for what an earlier one left."""
    app.send_task("knowledge.tasks.sweep")


@worker_process_init.connect
def _end_with_the_worker(**_: object) -> None:
    """A pool process busy with a task does not notice that its worker was killed; the kernel tells it."""
    process.die_with(parent=os.getppid(), by=signal.SIGKILL)
