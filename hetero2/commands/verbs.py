"""Every verb: the module that does its work, and in one line what it does, in the groups of the overview."""

from collections.abc import Mapping

Verbs = Mapping[str, tuple[str, str]]
GROUPS: Mapping[str, Verbs] = {
    "start here": {
        "demo": ("hetero2.commands.running.demo", "write a report from real data, in about a minute"),
        "init": ("hetero2.commands.running.init", "look at your files and write a configuration with comments"),
        "run": ("hetero2.commands.running.run", "audit a library and a model, to a report and an evidence pack"),
        "doctor": ("hetero2.commands.doctor", "check this machine and this installation"),
        "completion": ("hetero2.commands.completion", "print what completes verbs and options in a shell"),
        "dataset": ("hetero2.stages.dataset", "write a data set that comes with an installed package"),
        "config": ("hetero2.commands.config", "print the whole configuration of a target"),
        "decoys": ("hetero2.commands.decoys", "write decoys for a library, without a run"),
    },
    "decide": {
        "show": ("hetero2.commands.show", "print the result of a finished run"),
        "screen": ("hetero2.commands.screen", "rank a library by a few known molecules"),
        "campaign": (
            "hetero2.commands.campaign",
            "choose molecules to measure, batch by batch, and learn from results",
        ),
    },
    "evidence": {
        "verify": ("hetero2.pack.verify", "verify an evidence pack (zip or folder)"),
        "reproduce": (
            "hetero2.commands.reproducing.reproduce",
            "make a pack again, and say whether it comes out the same",
        ),
        "compare": ("hetero2.commands.compare", "say where two runs or packs first differ"),
        "accept": ("hetero2.pack.accept", "say whether a pack is in order, criterion by criterion"),
    },
    "service": {
        "serve": ("hetero2.service.commands.serve", "serve uploads, runs and evidence to a team, over HTTP"),
        "worker": ("hetero2.service.commands.worker", "work on the runs of a service, beside its server"),
        "admin": ("hetero2.service.commands.admin", "make organisations and upgrade the database of a service"),
        "remote": ("hetero2.service.commands.remote", "upload, run, watch and download, on a service"),
    },
    "inside the workflow": {
        "suite": ("hetero2.stages.suite", "write the suite of ten molecules and its scores file"),
        "stress-input": ("hetero2.stages.stress_input", "write the odd rows of the stress target"),
        "download": ("hetero2.stages.download", "download a file and check its sha256"),
        "input": ("hetero2.stages.input", "read a library and number its rows"),
        "decoys-shard": ("hetero2.stages.decoys_shard", "build the decoys of one shard of a run"),
        "score-only-input": (
            "hetero2.stages.score_only_input",
            "read one shard of a library given as ids and scores only",
        ),
        "decoy-quality": ("hetero2.stages.decoy_quality", "measure what besides structure gives decoys away"),
        "leakage": ("hetero2.stages.leakage", "find molecules that library, decoys and training set share"),
        "score-request": ("hetero2.stages.score_request", "list every structure that needs a score"),
        "score-source": ("hetero2.stages.score_source", "get the scores from a file, a model or a reference scorer"),
        "missing-scores": ("hetero2.stages.missing_scores", "list the decoys that have no score"),
        "scores": ("hetero2.stages.scores", "attach scores to the molecules and decoys of one shard"),
        "audit": ("hetero2.stages.audit", "audit one shard: does the score rank each molecule above its decoys"),
        "calls": ("hetero2.stages.calls", "call the molecules that stand out from their decoys, over the library"),
        "control-sample": ("hetero2.stages.control_sample", "draw the control sample, for controls and refits"),
        "refit": ("hetero2.stages.refit", "fit the model again, on its labels and on shuffled ones (Y-randomisation)"),
        "cross-validation": ("hetero2.stages.cross_validation", "cross-validate the model on whole scaffolds"),
        "controls": ("hetero2.stages.controls", "run the controls, and judge the model by its refits"),
        "summary": ("hetero2.stages.summary", "combine the shards into summary.csv and metrics.json"),
        "proxy-truth": ("hetero2.stages.proxy_truth", "label a library by a rule that reads only its SMILES"),
        "truth": ("hetero2.stages.truth", "check a truth file and copy it"),
        "leakage-list": (
            "hetero2.stages.leakage_list",
            "write leakage.csv, with truth ids that match no molecule",
        ),
        "cost-lift": ("hetero2.stages.cost_lift", "measure what acting on the audit is worth (cost_lift.v1)"),
        "utility": ("hetero2.stages.utility", "measure what the list and the audit add to present practice"),
        "diagnosis": ("hetero2.stages.diagnosis", "compare the score with labels, trivial competitors and properties"),
        "candidates": ("hetero2.stages.candidates", "write the list of molecules to send downstream"),
        "report": ("hetero2.stages.report", "write the report that a person reads first"),
        "screen-model": ("hetero2.stages.screen_model", "fit the screen of a library on known measurements"),
        "screen-shard": ("hetero2.stages.screen_shard", "predict the molecules of one shard by the fitted screen"),
        "screen-list": ("hetero2.stages.screen_list", "combine the shards of a screen into the ranked library"),
        "campaign-batch": ("hetero2.stages.campaign_batch", "choose the next batch of a campaign"),
        "campaign-report": ("hetero2.stages.campaign_report", "write the report and the pack of a campaign"),
        "campaign-simulation": ("hetero2.stages.campaign_simulation", "simulate campaigns on known results"),
        "pages": ("hetero2.stages.pages", "draw the molecules of one shard, one page each"),
        "pack": ("hetero2.stages.pack", "collect the evidence and zip it"),
        "registry-row": ("hetero2.stages.registry_row", "describe the pack as a row of the registry"),
        "separation": ("hetero2.stages.separation", "compare scores known to be bad with scores known to be good"),
    },
}
INSIDE = "inside the workflow"
EXAMPLES = {
    "start here": "hetero2 run library.csv --scores scores.csv --truth truth.csv --top-k 50",
    "decide": "hetero2 screen --input library.csv --known known.csv --out ranked.csv",
    "evidence": "hetero2 verify results/library",
    "service": "hetero2 serve --folder service",
}
VERBS: Verbs = {verb: entry for group in GROUPS.values() for verb, entry in group.items()}
