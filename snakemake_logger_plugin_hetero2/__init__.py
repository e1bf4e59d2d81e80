"""Snakemake's logger plugin `hetero2`: progress, warnings and errors in place of the whole log.

Snakemake imports this module in every process, before it reads the Snakefile, and from whatever checkout is installed.
So it imports nothing of `hetero2`: hetero2/workflow/progress/display.py beside that Snakefile takes over once it is
read.
"""

import sys
from collections.abc import Callable
from logging import Handler, LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent


class LogHandler(LogHandlerBase):
    """Keeps the records until somebody shows them: our own Snakefile, else Snakemake's usual handler."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self._early: list[LogRecord] = []
        self._display: Handler | None = None

    def show_with(self, make_display: Callable[[Handler], Handler]) -> Handler:
        """Hand all records, those that are here already too, to a display; it is made from the usual handler."""
        with self.lock:  # type: ignore[union-attr] # records come from another thread
            self._display = display = make_display(self._usual())
            for record in self._early:
                display.handle(record)
            self._early.clear()
            return display

    def emit(self, record: LogRecord) -> None:
        """Show a record, or keep it; a Snakefile that has not taken over when the workflow starts is not ours."""
        if self._display is None:
            self._early.append(record)
            if getattr(record, "event", None) == LogEvent.WORKFLOW_STARTED:
                self.show_with(lambda usual: usual)
        else:
            self._display.handle(record)

    def close(self) -> None:
        """Show what is left."""
        if self._early:
            self.show_with(lambda usual: usual)
        if self._display is not None:
            self._display.close()
        super().close()

    def _usual(self) -> Handler:
        from snakemake.logging import ColorizingTextHandler

        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        usual: Handler = ColorizingTextHandler(self.common_settings.nocolor, stream, self.formatter)
        return usual
