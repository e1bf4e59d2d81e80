"""Every error a user can cause, in one tree.

HeteroError            exit 1   something about the data or a result is wrong
├── InputError         exit 1   a file the user brought cannot be used
├── ContractError      exit 1   a file does not meet its contract (schemas/)
├── GateError          exit 1   a sha256 does not match
│   └── ChecksumError  exit 1   of a file that was downloaded whole
└── ConfigError        exit 2   the configuration or the command line is wrong

An error says what is wrong, where, what was expected, and in `hint` what to do. Anything else that is
raised is a defect of ours: the command line reports it as an internal error with exit code 3.
"""


class HeteroError(Exception):
    """Base of all errors that are shown to the user without a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class InputError(HeteroError):
    """A file the user brought cannot be used as it is."""


class ContractError(HeteroError):
    """A file or record does not meet its contract."""


class GateError(HeteroError):
    """A file is not the one that was pinned by sha256."""


class ChecksumError(GateError):
    """A download arrived whole, but with another sha256."""


class ConfigError(HeteroError):
    """The configuration or the command line is wrong."""

    exit_code = 2
