"""Bots of a tenant, what they answer from, what they may talk about, their versions and their tests. In the tenant's
schema."""

from bots.models.bots import Bot as Bot
from bots.models.bots import BotDataset as BotDataset
from bots.models.bots import BotVersion as BotVersion
from bots.models.bots import KeyBot as KeyBot
from bots.models.bots import LiveUse as LiveUse
from bots.models.bots import Scope as Scope
from bots.models.testing import TestCase as TestCase
from bots.models.testing import TestResult as TestResult
from bots.models.testing import TestRun as TestRun
from bots.models.testing import TestSet as TestSet
from bots.models.website import Logo as Logo
from bots.models.website import Look as Look
from bots.models.website import Visit as Visit
