"""What an operator may call by hand."""
