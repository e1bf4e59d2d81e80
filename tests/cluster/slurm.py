"""A SLURM cluster of one node in a folder, on loopback: Debian's daemons as children of the test, no accounting."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")  # a job's own srun finds its cluster nowhere else
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol", "srun", "setpriv")
TEMPLATE = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=2,batch_sched_delay=0,defer_batch
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MinJobAge=300
KillWait=2
InactiveLimit=0
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str | None:
    """Why no cluster can be started here; None where it can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if os.geteuid() != 0:
        return "a cluster needs root: its daemons switch users, and its jobs read /etc/slurm/slurm.conf"
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install slurm-wlm munge)"
    if CONF.exists() and not _is_left_over(CONF):
        return f"{CONF} belongs to a cluster of this machine"
    return None


def _is_left_over(link: Path) -> bool:
    """Whether a link is that of a test which was killed."""
    return link.is_symlink() and Path(tempfile.gettempdir()) in link.readlink().parents


def wait_for(what: str, condition: Callable[[], object], seconds: float) -> object:
    """What the condition returns once it is true; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


class Cluster:
    """Start the daemons on entry; on exit cancel all jobs, stop the daemons and remove the link to slurm.conf."""

    def __init__(self, folder: Path, cpus: int = 4) -> None:
        self.folder, self.host, self._cpus = folder, socket.gethostname().split(".")[0], cpus
        self._daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Cluster":
        self._made = [] if CONF.parent.exists() else [CONF.parent]
        CONF.parent.mkdir(exist_ok=True)
        self._lock = os.open(CONF.parent, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # two tests on one machine come one after the other
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        self._start_munge()
        controller_port, node_port = _free_ports(2)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        values = {"host": self.host, "cpus": self._cpus, "controller_port": controller_port, "node_port": node_port}
        (self.folder / "slurm.conf").write_text(TEMPLATE.format(folder=self.folder, **values))
        CONF.unlink(missing_ok=True)
        CONF.symlink_to(self.folder / "slurm.conf")
        self._daemon("slurmctld", "-D", "-c")
        wait_for("slurmctld answers", lambda: "UP" in self.ask("scontrol", "ping", check=False), 20)
        self._daemon("slurmd", "-D", "-c")
        wait_for("the node is idle", lambda: self.node_state() == "idle", 20)

    def _start_munge(self) -> None:
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        files = {"key-file": key, "socket": "munge.sock", "pid-file": "munged.pid", "seed-file": "munge.seed"}
        words = [f"--{option}={self.folder / name}" for option, name in (files | {"log-file": "munged.log"}).items()]
        self._daemon("munged", "--foreground", "--force", "--num-threads=2", *words)
        wait_for("munged has its socket", (self.folder / "munge.sock").exists, 10)

    def _daemon(self, *words: str) -> None:
        """A child that ends with the test, even where that is killed."""
        with (self.folder / f"{words[0]}.out").open("wb") as out:
            call = ["setpriv", "--pdeathsig", "TERM", *words]
            self._daemons.append(subprocess.Popen(call, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder))

    def __exit__(self, *_: object) -> None:
        if len(self._daemons) == 3:
            self.ask("scancel", "--user", "root", check=False)
            end = time.monotonic() + 15
            while self.ask("squeue", "--noheader", check=False).strip() and time.monotonic() < end:
                time.sleep(0.2)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        if _is_left_over(CONF):
            CONF.unlink()
        for folder in self._made:
            folder.rmdir()
        os.close(self._lock)

    def ask(self, *words: str, check: bool = True) -> str:
        """What a command of SLURM prints."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=20)
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def node_state(self) -> str:
        """State of the node: idle, mixed, drained, .."""
        return self.ask("sinfo", "--noheader", "--format=%T", check=False).strip()

    def set_node(self, state: str) -> None:
        """Drain the node, or resume it."""
        self.ask("scontrol", "update", f"nodename={self.host}", f"state={state}", "reason=test")

    def jobs(self, *states: str, of: str = "") -> list[dict[str, str]]:
        """The jobs in the queue (in these states, submitted from the folder `of`)."""
        lines = self.ask("squeue", "--noheader", "--format=%i|%T|%m|%k|%j|%Z").splitlines()
        accounted = [
            dict(zip(("id", "state", "memory", "comment", "name", "folder"), line.split("|"), strict=True))
            for line in lines
        ]
        return [job for job in accounted if (not states or job["state"] in states) and job["folder"].startswith(of)]
