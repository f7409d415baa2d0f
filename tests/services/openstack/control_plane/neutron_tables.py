"""Make Neutron's tables: `neutron_tables.py URL`. Its migrations cannot alter SQLite's tables."""

from __future__ import annotations

import sys

from neutron.db.migration.models import head
from sqlalchemy import create_engine

head.get_metadata().create_all(create_engine(sys.argv[1]))
