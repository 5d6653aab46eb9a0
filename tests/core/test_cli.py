"""The command line: its output, its error messages, and what it does not import."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from data_files import on_disk
from PIL import Image
from sound_files import GOOD

from ssl_core.__main__ import main
from ssl_core.data.shapes import shapes

ROOT = Path(__file__).parents[2]
KEYS = [
    "config",
    "steps",
    "seconds",
    "images_per_second",
    "negatives",
    "loss",
    "loss_reference",
    "contrastive_top1",
    "alignment",
    "uniformity",
    "feature_std",
    "effective_rank",
    "collapsed",
    "diverged",
    "knn",
    "probes",
    "device",
    "versions",
    "history",
    "skipped",
]
SMALL = ["--batch-size", "16", "--device", "cpu", "--steps", "3"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> str:
    """A folder of 120 images in eight subfolders, and six files that are no images."""
    folder, drawn = tmp_path_factory.mktemp("photos"), shapes(count=120, held_out=10)
    for i, (image, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        place = folder / drawn.label_names[label]
        place.mkdir(exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{i}.png")
    for i in range(6):
        (folder / "disc" / f"broken{i}.png").write_text("not a picture")
    return str(folder)


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """One small run that writes all its files: the result and the folder."""
    out = tmp_path_factory.mktemp("out")
    argv = ["train", "simclr", "--data", photos, *SMALL, "--temperature", "0.5"]
    written = ["--save", str(out / "ck"), "--json", str(out / "run.json")]
    assert main([*argv, *written, "--set", "hidden_dim=32"]) == 0
    return json.loads((out / "run.json").read_text()), out


def test_json_has_exactly_the_keys_of_the_contract(trained):
    result, _ = trained
    assert list(result) == KEYS
    assert result["knn"].keys() == {"accuracy", "random_init", "raw_input", "chance"}
    for score in (result["knn"], *result["probes"].values()):
        assert all(0 <= value <= 1 for value in score.values())
    assert result["probes"]["class"].keys() == {"accuracy", "random_init", "chance"}
    assert (result["steps"], result["negatives"], result["device"]) == (3, 30, "cpu")
    rate = 3 * 16 / result["seconds"]
    assert result["images_per_second"] == pytest.approx(rate)
    assert result["loss_reference"] == pytest.approx(3.4339872)  # log(31)
    assert (result["config"]["temperature"], result["config"]["hidden_dim"]) == (
        0.5,
        32,
    )
    assert result["config"]["budget"] == {"steps": 3}
    assert len(result["skipped"]) == 6 and "broken0" in result["skipped"][0]


def test_history_has_an_entry_per_tick(trained):
    result, _ = trained
    steps = [entry["step"] for entry in result["history"]]
    assert steps[0] == 0 and steps[-1] == 3 and steps == sorted(steps)
    wanted = {"step", "seconds", "loss", "knn", "feature_std", "effective_rank"}
    for entry in result["history"]:
        assert entry.keys() == wanted | {"collapsed", "collapse_step"}
    assert result["history"][0]["knn"] is not None


def test_a_run_on_sound_counts_clips(tmp_path, capsys):
    data = str(on_disk(tmp_path, GOOD))
    assert (
        main(["train", "simclr", "--data", data, "--batch-size", "8", "--steps", "2"])
        == 0
    )
    out, err = capsys.readouterr()
    assert "clips/s" in out and "clips/s" in err and "raw spectrogram" in out
    assert "image" not in out + err and "picture" not in out + err


def test_training_prints_progress_and_results(photos, capsys):
    assert (
        main(["train", "simsiam", "--data", photos, *SMALL, "--augment", "none"]) == 0
    )
    out, err = capsys.readouterr()
    for words in (
        "accuracy",
        "chance",
        "raw pixels",
        "random init",
        "probe class",
        "kNN",
    ):
        assert words in out
    assert "step 3" in err and "images/s" in err and "loss" in err
    named = [line for line in err.splitlines() if line.startswith("skipped broken")]
    named += [line for line in err.splitlines() if "disc/broken" in line]
    assert len(set(named)) == 5 and "skipped 6 files in all" in err


def test_resuming_counts_on_from_the_checkpoint(trained, tmp_path):
    _, out = trained
    path = tmp_path / "more.json"
    argv = ["train", "--resume", str(out / "ck"), "--steps", "2", "--json", str(path)]
    assert main([*argv, "--learning-rate", "0.001"]) == 0
    result = json.loads(path.read_text())
    assert result["steps"] == 5 and result["config"]["learning_rate"] == 0.001
    # The baseline is still the untrained encoder's, not the checkpoint's.
    assert result["knn"]["random_init"] == trained[0]["knn"]["random_init"]


def test_the_card_of_a_shipped_checkpoint_is_shown_by_its_name(capsys):
    assert main(["checkpoint", "show", "shapes-byol"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["method"] == "byol"


def test_the_card_is_shown(trained, capsys):
    _, out = trained
    assert main(["checkpoint", "show", str(out / "ck")]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["step"] == 3 and card["history"]["last"]["step"] == 3


REFUSED = [
    ("train", "METHOD is missing; allowed are simclr"),
    ("train gpt", "METHOD is 'gpt'; allowed are simclr"),
    ("train simclr --data nosuchset", "--data is 'nosuchset'; allowed are shapes"),
    ("train simclr --data {corrupt}", "corrupt.zip"),
    ("train simclr --augment wobble", "--augment is 'wobble': augmentation"),
    ("train simclr --augment crop:7", "crop strength is 7; allowed is at least 0"),
    ("train simclr --set wobble=1", "--set wobble is not a knob; allowed are"),
    ("train simclr --set wobble", "--set is 'wobble'; allowed is KNOB=VALUE"),
    (
        "train simclr --set hidden_dim=x",
        "--set hidden_dim is 'x'; allowed is a whole number, at least 8",
    ),
    ("train simclr --temperature 0", "--temperature is 0; allowed is more than 0"),
    (
        "train byol --temperature 1",
        "--temperature is not a knob of byol; it belongs to",
    ),
    (
        "train simclr --data {photos} --batch-size 4000",
        "--batch-size is 4000, more than",
    ),
    ("train simclr --batch-size 1", "--batch-size is 1; allowed is at least 2"),
    ("train simclr --encoder giant", "--encoder is 'giant'; allowed are tiny"),
    ("train simclr --device tpu", "--device is 'tpu'; allowed are auto"),
    (
        "train simclr --seed 0.5",
        "--seed is '0.5'; allowed is a whole number, at least 0",
    ),
    ("train simclr --seconds -1", "--seconds is -1; allowed is more than 0"),
    (
        "train simclr --seconds nan",
        "--seconds is nan; allowed is a number, more than 0",
    ),
    (
        "train simclr --steps 2.5",
        "--steps is '2.5'; allowed is a whole number, at least 1",
    ),
    ("train simclr --steps 3 --seconds 5", "allowed is one of --seconds, --steps"),
    ("train simclr --json {tmp}/none/x.json", "none/x.json', where nothing can be"),
    ("train simclr --json {tmp}", "a folder; allowed is a file"),
    ("train simclr --save {photos}", "allowed is a new or empty folder"),
    ("train simclr --save {corrupt}/ck", "--save is"),
    ("train --resume {corrupt}", "--resume is refused: "),
    ("train byol --resume {ck}", "METHOD is 'byol'; the checkpoint's is simclr"),
    (
        "train --resume {ck} --set hidden_dim=64",
        "--set hidden_dim cannot change during a run: it is 32, not 64",
    ),
    (
        "train --resume {ck} --seed 4",
        "--seed cannot change during a run: it is 0, not 4",
    ),
    ("train --resume {ck} --data voices", "--data is 'voices', which is sound"),
    ("experiment", "SLUG is missing; allowed are"),
    ("experiment speakers --quick", "--digits is missing; all of speakers"),
    ("bench train --photos {tmp}", "holds 0 usable images"),
    ("train simclr --wobble", "unrecognized arguments: --wobble"),
    ("train simclr --batch 16", "unrecognized arguments: --batch"),
    ("train simclr --seed", "argument --seed: expected one argument"),
    ("wobble", "invalid choice: 'wobble'"),
    ("", "required: COMMAND"),
    ("checkpoint show {corrupt}", "not a usable zip"),
    ("bench wobble", "NAME is 'wobble'; allowed are"),
    ("bench augment --photos {tmp}/none", "none'; allowed are shapes, "),
    ("bench augment --quick --save", "--save is not allowed with --quick"),
    ("bench augment --json {tmp}", "--json is"),
    ("experiment wobble", "SLUG is 'wobble'; allowed are"),
    ("experiment collapse --seeds 0,x", "--seeds is 'x'; allowed is"),
]


@pytest.mark.parametrize(("line", "expected"), REFUSED)
def test_bad_input_gets_one_line_and_status_2(
    line, expected, photos, trained, tmp_path, capsys
):
    corrupt = tmp_path / "corrupt.zip"
    corrupt.write_bytes(b"PK\x03\x04 and then nothing")
    places = {"photos": photos, "corrupt": corrupt, "tmp": tmp_path}
    words = line.format(ck=trained[1] / "ck", **places).split()
    if words[:1] == ["train"]:
        written = {"--json": tmp_path / "out.json", "--save": tmp_path / "out"}
        words += [str(w) for o, p in written.items() if o not in words for w in (o, p)]
    before = set(tmp_path.rglob("*"))
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert expected in err and out == ""
    assert err.endswith("\n") and err.count("\n") == 1
    assert set(tmp_path.rglob("*")) == before


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "ssl_core", *words]


def test_a_real_process_prints_one_line_and_returns_2(tmp_path):
    words = command("train", "simclr", "--temperature", "0", "--json", "x.json")
    env_root = {"cwd": tmp_path, "env": {"PYTHONPATH": str(ROOT)}}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, **env_root
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith(
        "--temperature is 0;"
    )
    assert list(tmp_path.iterdir()) == []


# Found by no finder, as if never installed: torch too asks whether some of them exist.
BLOCKED = """
import sys
ABSENT = ("streamlit", "plotly", "umap", "sklearn", "torchvision")
class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ABSENT:
            return self.finder.find_spec(name, path, target)
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
for name in ABSENT:
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    sys.exit(name + " could be imported: the test blocks nothing")
from ssl_core.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_training_needs_none_of_the_apps_libraries(photos, tmp_path):
    words = [sys.executable, "-c", BLOCKED, "train", "moco", "--data", photos, *SMALL]
    words += ["--json", str(tmp_path / "run.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run.json").read_text())["steps"] == 3


@pytest.mark.slow
def test_ctrl_c_ends_with_the_results_so_far(photos, tmp_path):
    path = tmp_path / "run.json"
    words = command("train", "simclr", "--data", photos, *SMALL[:4], "--seconds", "600")
    process = subprocess.Popen(
        [*words, "--json", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    # The first progress line: from here on an interrupt meets a run.
    while not process.stderr.readline().startswith("step 0"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "raw pixels" in out and "Traceback" not in err
    assert json.loads(path.read_text())["steps"] >= 1


def test_help_names_every_switch(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    for words in (
        "--batch-size",
        "--learning-rate",
        "--resume",
        "queue_length [",
        "solarize",
    ):
        assert words in text
