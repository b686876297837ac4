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
