#!/bin/sh
# The state of job $1 in one word: running, success or failed. A scheduler that does not answer has not lost the job.
state=$(squeue --noheader --states all --format %T --jobs "$1" 2>&1)
case $state in
    COMPLETED) echo success ;;
    BOOT_FAIL | CANCELLED | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | TIMEOUT | *"Invalid job id"*) echo failed ;;
    *) echo running ;;
esac
