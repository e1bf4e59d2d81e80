#!/bin/sh
# What the image runs: Snakemake of the checkout that this file belongs to, in the folder in which it is started.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -L .snakemake ]; then # the image's own folder, see Dockerfile
  kept=$(readlink .snakemake)
  if ! mkdir -p "$kept" 2>/dev/null || ! [ -w "$kept" ]; then
    echo "error: /results cannot be written by user $(id -u)" >&2
    echo 'hint: mkdir -p results, then docker run --user "$(id -u):$(id -g)" ..' >&2
    exit 2
  fi
fi
exec snakemake --snakefile "$root/Snakefile" --cores "${CORES:-all}" "$@"
