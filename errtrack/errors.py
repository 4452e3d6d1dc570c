"""What the command line says in one sentence instead of a traceback."""


class OperatorError(Exception):
    """Something only the operator can put right; the message says what."""
