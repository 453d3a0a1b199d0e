"""CloudWatch's text, parsed: log events and the init of each."""
