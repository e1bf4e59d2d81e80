"""The plugin: found by Snakemake, thin, and harmless where nobody takes over."""

import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

import snakemake_logger_plugin_hetero2
from hetero2.paths import ROOT
from hetero2.workflow.progress import display as progress
from tests.conftest import copy_checkout, run

EARLY, STARTED = (
    logging.makeLogRecord({"msg": text, "levelno": logging.INFO, "event": event})
    for text, event in [
        ("early", None),
        ("Workflow has started!", "workflow_started"),
    ]
)


@pytest.fixture
def settings():
    flags = dict.fromkeys(("stdout", "dryrun", "verbose", "printshellcmds", "debug_dag", "quiet"), False)
    return SimpleNamespace(nocolor=True, **flags)


@pytest.fixture
def plugin(settings):
    handler = snakemake_logger_plugin_hetero2.LogHandler(settings, None)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def test_snakemake_takes_it_for_a_plugin():
    registry = LoggerPluginRegistry()
    registry.register_plugin("snakemake_logger_plugin_hetero2", snakemake_logger_plugin_hetero2)
    assert registry.is_installed("hetero2")


def test_our_snakefile_gets_what_came_before_it(plugin, settings, capsys):
    plugin.handle(EARLY)
    assert capsys.readouterr().err == ""
    manager = SimpleNamespace(get_log_handlers=lambda: [logging.NullHandler(), plugin])
    display = progress.attach(SimpleNamespace(output_settings=settings, logger_manager=manager))
    assert capsys.readouterr().err == "early\n"
    plugin.handle(STARTED)
    display.end_with("error: x")
    plugin.close()
    assert capsys.readouterr().err == "error: x\n"


def test_any_other_snakefile_gets_the_usual_log(plugin, capsys):
    plugin.handle(EARLY)
    plugin.handle(STARTED)
    assert capsys.readouterr().err == "early\nWorkflow has started!\n"


def test_what_came_before_an_early_end_is_shown(plugin, capsys):
    plugin.handle(EARLY)
    plugin.close()
    assert capsys.readouterr().err == "early\n"


def test_it_imports_neither_hetero2_nor_snakemake_itself():
    """Every process of Snakemake imports it, and the Snakefile's own hetero2 may be in another folder."""
    code = "import sys, snakemake_logger_plugin_hetero2; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"hetero2", "snakemake"} & set(done.stdout.split())


@pytest.mark.parametrize("editable", [True, False])
def test_snakemake_finds_it_where_the_package_is_installed(tmp_path, editable):
    """Snakemake looks through the folders of sys.path: it does not see what the usual editable install only maps."""
    copy_checkout(tmp_path / "checkout")
    words = ["--no-deps", "--no-build-isolation", "--target", tmp_path / "site", *(["--editable"] if editable else [])]
    run("python", "-m", "pip", "install", "--quiet", *words, tmp_path / "checkout", cwd=tmp_path)
    code = (
        f"import site; site.addsitedir({str(tmp_path / 'site')!r})\n"
        "from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry\n"
        "import snakemake_logger_plugin_hetero2 as plugin\n"
        "print(LoggerPluginRegistry().is_installed('hetero2'), plugin.__file__)"
    )
    found = run("python", "-I", "-c", code, cwd=tmp_path).stdout.split()
    assert found[0] == "True"
