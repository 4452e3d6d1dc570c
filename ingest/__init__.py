"""The door and the pipe: from the bytes of a request to a prepared event."""
