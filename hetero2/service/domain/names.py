"""What things may be called."""

RUN_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # the whole of it; also the name of the folder of its results
