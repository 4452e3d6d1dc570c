"""What the subcommands of `errtrack` do."""
