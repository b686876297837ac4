"""What a change of a bot can be refused for."""

from __future__ import annotations

from tenants.errors import Conflict


class DatasetAlreadyLinked(Conflict):
    code, title = "dataset_already_linked", "The bot has this dataset already"


class KeyAlreadyTied(Conflict):
    code, title = "key_already_tied", "The key is tied to this bot already"


class NothingToPublish(Conflict):
    code, title = "nothing_to_publish", "Customers talk to this behaviour already"


class VersionNotRestorable(Conflict):
    code, title = "version_not_restorable", "What this version points at is gone"


class TestsNotPassed(Conflict):
    code, title = "tests_not_passed", "The required tests have not passed on this draft"


class TestSetRequired(Conflict):
    code, title = "test_set_required", "The bot requires this test set before it is published"


class TestSetFull(Conflict):
    code, title = "test_set_full", "The test set has as many cases as it may"


class TooManyTestSets(Conflict):
    code, title = "too_many_test_sets", "The bot has as many test sets as it may"


class TestSetEmpty(Conflict):
    code, title = "test_set_empty", "The test set has no cases"


class RunUnderWay(Conflict):
    code, title = "run_under_way", "A run of this test set is under way"


class RunEnded(Conflict):
    code, title = "run_ended", "The run has ended"
