"""Options of the verbs that read users' files: which column is which, where its name does not say so."""

import argparse

from hetero2.inputs.recognised.written import Names

LABEL_HELP = "column of results, in the measurements"


def add_columns(parser: argparse.ArgumentParser, label_help: str | None = LABEL_HELP) -> argparse._ArgumentGroup:
    """Add the names of the columns of ids, structures and, with its help, results; their group."""
    columns = parser.add_argument_group("where columns are not called as they usually are")
    columns.add_argument("--id-column", help="column of ids")
    columns.add_argument("--smiles-column", help="column of structures")
    if label_help is not None:
        columns.add_argument("--label-column", help=label_help)
    return columns


def names_of(args: argparse.Namespace) -> Names:
    """The names that were given."""
    return Names(args.id_column, args.smiles_column, label=getattr(args, "label_column", None))
