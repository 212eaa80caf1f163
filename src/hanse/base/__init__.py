"""What every room may lean on: errors, ids, clock, config, log. A closed list."""
