"""Let `python -m mesosdeploy` be the command."""

from mesosdeploy.cli import main

main()
