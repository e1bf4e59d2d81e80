"""Completion in bash: of verbs, of options, and of files."""

import shutil
import subprocess

import pytest

from hetero2 import cli
from hetero2.commands.completion import script

COMPLETED = """
source {script}
COMP_WORDS=(hetero2 {words} "{word}"); COMP_CWORD={place}
_hetero2
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "word", "completed"),
    [("", "ver", ["verify"]), ("run", "--tr", ["--train", "--truth"]), ("campaign", "--tod", ["--today"])],
)
def test_bash_completes(tmp_path, words, word, completed):
    (tmp_path / "c.sh").write_text(script("bash"))
    code = COMPLETED.format(script=tmp_path / "c.sh", words=words, word=word, place=1 + bool(words))
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert set(completed) <= set(done.stdout.split())
    assert all(text.startswith(word) for text in done.stdout.split())


def test_no_verb_of_the_workflow_is_offered():
    text = script("zsh")
    assert all(f" {verb} " not in text for verb in cli.GROUPS[cli.INSIDE] if "-" in verb)
    assert text.startswith("autoload")
