"""What a machine and an installation lack is said line by line."""

from hetero2 import cli
from hetero2.commands import doctor


def test_every_check_is_a_line(tmp_path, capsys):
    code = cli.main(["doctor", "--folder", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    marks = [line.split()[0] for line in lines[3:-1]]
    assert len(marks) == 8
    assert code == (1 if "LOOK" in marks else 0)
    assert lines[3].split()[:2] == ["ok", "python"]


def test_a_folder_that_is_not_there_and_a_broken_check_need_a_look(tmp_path, capsys, monkeypatch):
    def _packages():
        raise OSError("no lock")

    monkeypatch.setattr(doctor, "_packages", _packages)
    assert cli.main(["doctor", "--folder", str(tmp_path / "none")]) == 1
    printed = capsys.readouterr().out
    assert "LOOK  packages  OSError: no lock\n" in printed
    assert "No such file or directory" in printed
    assert printed.endswith("need a look\n")
