#!/bin/sh
# Cancel the jobs that a killed Snakemake left in the queue, and wait until they are gone. Run it in the folder in which
# that Snakemake was started: its logs there hold the names of its jobs, which no other run shares.
set -eu
names=$(grep -hos 'SLURM run ID: [A-Za-z0-9_-]*' .snakemake/log/*.log | sed 's/.*: //' | sort -u) || true
[ -n "$names" ] || { echo "error: $PWD: no run on SLURM was started in this folder" >&2; exit 1; }
for name in $names; do scancel --user "$(id -un)" --name "$name"; done
for second in $(seq 60); do
    left=$(squeue --noheader --format %i --name "$(echo "$names" | paste -sd, -)")
    [ -n "$left" ] || exit 0
    sleep 1
done
echo "error: still in the queue after a minute: $left" >&2
exit 1
