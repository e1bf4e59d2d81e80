"""runtime.json: what each job took."""

from hetero2.runtime import log
from hetero2.stages.registry_row import runtime

# As Snakemake writes of a job that ends before it looks a second time.
BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n1.41\t0:00:01\t6.02\t0.00\n"


def test_what_a_job_took_is_what_it_says_itself(tmp_path):
    for name in ("decoys/0000", "scores/0000"):
        path = tmp_path / f"benchmarks/{name}.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(BENCHMARK)
    log.start(tmp_path / "logs/decoys/0000.log")
    log.logger.info("used 9.00 s of CPU, 9 MB of memory at most, says a model")
    log.used()
    log.start(None)
    jobs = runtime(tmp_path / "benchmarks", {})["jobs"]
    assert jobs["decoys/0000"]["s"] == "1.41"
    assert float(jobs["decoys/0000"]["max_rss"]) > 20
    assert 0 < float(jobs["decoys/0000"]["cpu_time"]) != 9
    assert jobs["scores/0000"] == {"s": "1.41", "cpu_time": "0.00", "max_rss": "6.02"}
