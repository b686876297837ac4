"""What a change of a bot can be refused for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from tenants.errors import Conflict


class DatasetAlreadyLinked(Conflict):
    code, title = "dataset_already_linked", gettext_lazy("The bot has this dataset already")


class KeyAlreadyTied(Conflict):
    code, title = "key_already_tied", gettext_lazy("The key is tied to this bot already")


class NothingToPublish(Conflict):
    code, title = "nothing_to_publish", gettext_lazy("Customers talk to this behaviour already")


class VersionNotRestorable(Conflict):
    code, title = "version_not_restorable", gettext_lazy("What this version points at is gone")


class TestsNotPassed(Conflict):
    code, title = "tests_not_passed", gettext_lazy("The required tests have not passed on this draft")


class TestSetRequired(Conflict):
    code, title = "test_set_required", gettext_lazy("The bot requires this test set before it is published")


class TestSetFull(Conflict):
    code, title = "test_set_full", gettext_lazy("The test set has as many cases as it may")


class TooManyTestSets(Conflict):
    code, title = "too_many_test_sets", gettext_lazy("The bot has as many test sets as it may")


class TestSetEmpty(Conflict):
    code, title = "test_set_empty", gettext_lazy("The test set has no cases")


class RunUnderWay(Conflict):
    code, title = "run_under_way", gettext_lazy("A run of this test set is under way")


class RunEnded(Conflict):
    code, title = "run_ended", gettext_lazy("The run has ended")
