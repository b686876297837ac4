"""Writing bots: what they answer from, what they may talk about, which keys open them, their versions and their tests,
and how they look.

Each call is one transaction with its audit row; `by` is who does it.
"""

from bots.errors import DatasetAlreadyLinked as DatasetAlreadyLinked
from bots.errors import KeyAlreadyTied as KeyAlreadyTied
from bots.services.bots import create_bot as create_bot
from bots.services.bots import create_scope as create_scope
from bots.services.bots import delete_bot as delete_bot
from bots.services.bots import delete_scope as delete_scope
from bots.services.bots import duplicate_bot as duplicate_bot
from bots.services.bots import link_dataset as link_dataset
from bots.services.bots import proposed_policy as proposed_policy
from bots.services.bots import tie_key as tie_key
from bots.services.bots import unlink_dataset as unlink_dataset
from bots.services.bots import untie_key as untie_key
from bots.services.bots import update_bot as update_bot
from bots.services.bots import update_link as update_link
from bots.services.bots import update_scope as update_scope
from bots.services.changing import changing as changing
from bots.services.testing import begin_run as begin_run
from bots.services.testing import cancel_run as cancel_run
from bots.services.testing import create_case as create_case
from bots.services.testing import create_test_set as create_test_set
from bots.services.testing import delete_case as delete_case
from bots.services.testing import delete_test_set as delete_test_set
from bots.services.testing import import_cases as import_cases
from bots.services.testing import update_case as update_case
from bots.services.testing import update_test_set as update_test_set
from bots.services.versions import discard_draft as discard_draft
from bots.services.versions import publish as publish
from bots.services.versions import rollback as rollback
from bots.services.website import put_logo as put_logo
from bots.services.website import record_visit as record_visit
from bots.services.website import remove_logo as remove_logo
from bots.services.website import update_look as update_look
