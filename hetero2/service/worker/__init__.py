"""A worker: a run is a tree of processes in a sandbox, within limits; only declared outputs leave its folder."""
