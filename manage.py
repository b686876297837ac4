#!/usr/bin/env python
"""Django's command line for Parley."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        sys.exit(f"No database answers: start one with `make up`, or set DATABASE_URL. ({str(error).splitlines()[0]})")
