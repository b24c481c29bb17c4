"""The program as a whole: usage errors, exit codes, signals and processes."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import shlex
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from sklearn_distill import __version__
from sklearn_distill.cli.main import _parser, main

COMMANDS = ["list", "report", "distill", "compare", "search", "check"]
HEAVY = ["torch", "skorch", "sklearn", "scipy", "numpy", "pandas"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["list", "--json"],
        ["--help"],
        ["list", "--help"],
        ["distill", "--help"],
        ["compare", "--help"],
        ["check", "--help"],
        ["report", "--help"],
        ["search", "--help"],
    ],
)
def test_list_and_help_do_not_import_heavy_packages(arguments):
    code = (
        "import sys\n"
        "from sklearn_distill.cli import main\n"
        f"code = main({arguments})\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("position", [0, 1, 2])
def test_debug_raises_the_error(position, tmp_path):
    arguments = ["distill", "nowhere.csv", "--method", "random", "-o", "s.csv"]
    arguments.insert(position, "--debug")
    with pytest.raises(ValueError, match="the file does not exist"):
        main(arguments)


@pytest.mark.parametrize(
    ("command", "can_be_unlabeled"),
    [
        (["distill", "--method", "herding", "-o", "small.npz"], True),
        (["distill", "--method", "herding", "--chunk-rows", "8", "-o", "s.npz"], True),
        (["compare", "--methods", "random", "-o", "scores.csv"], False),
        (["report", "-o", "report.html"], False),
    ],
)
def test_message_for_a_single_class_names_options(
    command, can_be_unlabeled, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"size": range(20), "label": "yes"})
    table.to_csv("one.csv", index=False)
    table.to_parquet("one.parquet")
    source = "one.parquet" if "--chunk-rows" in command else "one.csv"
    assert main([command[0], source, "--target", "label", *command[1:]]) == 2
    message = capsys.readouterr().err
    assert "the target 'label' has a single class, but" in message
    assert "Name another column or array with --target" in message
    assert ("pass --no-target" in message) is can_be_unlabeled
    assert "y=None" not in message


def test_message_for_an_ambiguous_target_names_the_option_task(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"size": range(90), "label": [i * i for i in range(30)] * 3})
    table.to_csv("table.csv", index=False)
    command = ["distill", "table.csv", "--target", "label", "--method", "random"]
    assert main([*command, "-o", "small.csv"]) == 2
    message = capsys.readouterr().err
    assert message.endswith("Set --task classification or --task regression.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["lst"], "invalid choice: 'lst'"),
        (["distill"], "required: INPUT, --method, -o/--output"),
        (["distill", "a.csv", "-o", "b.csv"], "required: --method"),
    ],
)
def test_wrong_usage_is_an_error_on_one_line(arguments, message, error_line):
    assert main(arguments) == 2
    assert message in error_line()


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sklearn-distill {__version__}\n"


def test_python_dash_m(table, tmp_path):
    command = [sys.executable, "-m", "sklearn_distill", "distill", "shapes.csv"]
    command += ["--target", "kind", "--method", "herding", "-o", "small.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("80 -> 20 rows\n")
    assert len(pd.read_csv(tmp_path / "small.csv")) == 20
    done = subprocess.run(
        [*command[:4], "nowhere.csv", *command[5:]],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "sklearn-distill: error: nowhere.csv: the file does not exist.\n"
    )


def test_ctrl_c_keeps_the_existing_output(table, tmp_path):
    """An iterative fit, which handles KeyboardInterrupt, must not end normally."""
    output = tmp_path / "small.csv"
    output.write_text("old")
    arguments = ["distill", str(table), "--target", "kind", "-o", str(output)]
    arguments += ["--method", "kernel-inducing-points", "--budget", "2"]
    arguments += ["--set", "max_iter=1000000", "--set", "n_iter_no_change=None"]
    code = (
        "import os, signal, sys\n"
        "from sklearn_distill.cli import main\n"
        "from sklearn_distill.engine.loop import DistillationLoop\n"
        "def press_ctrl_c(*args, **kwargs):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "DistillationLoop.train_step = press_ctrl_c\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.exit(main({arguments}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "sklearn-distill: interrupted\n"
    assert output.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "shapes.csv",
        "small.csv",
    ]


def test_closed_stdout_is_not_an_error():
    """The reader of a pipe may stop early, as in `sklearn-distill list | head -1`."""
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_distill", "list"],
        stdout=writing_end,
        stderr=subprocess.PIPE,
    )
    os.close(writing_end)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_script_knows_commands_options_and_files(shell, capsys):
    pytest.importorskip("shtab")
    assert main(["--print-completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("distill", "report", "--methods", "--print-completion"):
        assert word in script
    assert {"bash": "_shtab_compgen_files", "zsh": ":_files"}[shell] in script


@pytest.mark.skipif(not shutil.which("bash"), reason="requires bash")
def test_bash_completes_a_command_and_a_file(tmp_path, monkeypatch, capsys):
    pytest.importorskip("shtab")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").touch()
    assert main(["--print-completion", "bash"]) == 0
    (tmp_path / "complete.sh").write_text(capsys.readouterr().out)
    words = {"repo": ["report"], "report tab": ["table.csv"]}
    for typed, completed in words.items():
        line = f"sklearn-distill {typed}"
        code = (
            f"source complete.sh; COMP_WORDS=({line}); "
            f"COMP_CWORD={len(line.split()) - 1}; _shtab_sklearn_distill; "
            "echo ${COMPREPLY[@]}"
        )
        done = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
        assert done.stdout.split() == completed, done.stderr


def test_completion_without_shtab_names_the_extra(monkeypatch, error_line):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "bash"]) == 2
    assert "pip install 'sklearn-distill[completion]'" in error_line()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_examples_that_parse(command, capsys):
    assert main([command, "--help"]) == 0
    _, _, examples = capsys.readouterr().out.partition("examples:\n")
    calls = examples.replace("\\\n", " ").strip().splitlines()
    assert calls
    for call in calls:
        program, *arguments = shlex.split(call)
        assert program == "sklearn-distill"
        assert _parser().parse_args(arguments).run
