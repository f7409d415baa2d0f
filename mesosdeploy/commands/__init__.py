"""One file per subcommand: parse, call one workflow, show."""
