"""An operator's settings: the command, the table of them, and invalid values."""

import re
from pathlib import Path

import pytest

from ssl_core.__main__ import main
from ssl_core.knobs import knobs_of
from ssl_core.settings import PREFIX, Settings, variable

ROOT = Path(__file__).parents[2]
DEPLOY = sorted(p for p in (ROOT / "deploy").iterdir() if p.is_file())


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in knobs_of(Settings):
        monkeypatch.delenv(variable(name), raising=False)


def test_the_hosting_document_has_the_table_that_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["settings"]) == 0
    table = capsys.readouterr().out.split("\n\n")[0]
    assert table.count("\n") == len(knobs_of(Settings)) + 1
    document = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    assert table in document, "put what `python -m ssl_core settings` prints there"


def test_the_command_prints_what_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRASTIVE_WORKERS", "3")
    monkeypatch.setenv("CONTRASTIVE_DATABASE", "postgresql://app:secret@database/app")
    monkeypatch.setenv("CONTRASTIVE_WORKER", "3")
    assert main(["settings"]) == 0
    out, err = capsys.readouterr()
    assert "CONTRASTIVE_WORKERS=3" in out and "CONTRASTIVE_DATABASE is set" in out
    assert "secret" not in out
    assert "CONTRASTIVE_WORKER is no setting; did you mean CONTRASTIVE_WORKERS?" in err


def test_an_invalid_setting_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRASTIVE_QUEUE", "many")
    assert main(["settings"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert (
        err.startswith("CONTRASTIVE_QUEUE is 'many'; allowed is")
        and err.count("\n") == 1
    )


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("SSL_WORKERS", "CONTRASTIVE_WORKERS", "workers", 3),
        ("SSL_MOST_STEPS", "CONTRASTIVE_MAX_STEPS", "max_steps", 700),
        ("SSL_KEEP_DAYS", "CONTRASTIVE_RETENTION_DAYS", "retention_days", 2.5),
        (
            "SSL_PATIENCE_SECONDS",
            "CONTRASTIVE_IDLE_TIMEOUT_CONTENDED_S",
            "idle_timeout_contended_s",
            30,
        ),
    ],
)
def test_an_old_name_is_read_and_reported(
    old: str, new: str, field: str, value: float
) -> None:
    environment = {old: str(value)}
    assert getattr(Settings.read(environment), field) == value
    assert list(Settings.problems(environment)) == [
        f"{old} is deprecated; its new name is {new}"
    ]
    default_of_the_image = {old: str(value), new: str(value + 1)}
    assert getattr(Settings.read(default_of_the_image), field) == value


@pytest.mark.parametrize("given", ["CONTRASTIVE_MIRROR", "SSL_MIRROR"])
def test_a_removed_setting_is_ignored_and_its_replacement_is_named(given: str) -> None:
    environment = {given: "s3://bucket/runs"}
    assert Settings.read(environment) == Settings()
    [problem] = Settings.problems(environment)
    assert problem.startswith(f"{given} was removed: ")
    assert {"CONTRASTIVE_RUNS_DIR", "CONTRASTIVE_DATABASE"} <= set(
        re.findall(r"[A-Z]+_[A-Z_]+", problem)
    )


def test_variables_of_openssl_are_no_settings() -> None:
    environment = {"SSL_CERT_FILE": "/etc/ssl/cert.pem", "SSL_CERT_DIR": "/etc/ssl"}
    assert Settings.read(environment) == Settings()
    assert not list(Settings.problems(environment))


@pytest.mark.parametrize(
    "value",
    [
        "'self'",
        "'none'",
        "*",
        "https://moodle.example.org",
        "'self' https://*.a.org:8443",
    ],
)
def test_valid_frame_ancestors_are_accepted(value: str) -> None:
    assert Settings(frame_ancestors=value).frame_ancestors == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x; script-src *",
        "a,b",
        "a\r\nSet-Cookie: b=c",
        "'none' a",
        "'unsafe'",
        " a",
    ],
)
def test_invalid_frame_ancestors_are_refused(value: str) -> None:
    with pytest.raises(
        ValueError, match=r"CONTRASTIVE_FRAME_ANCESTORS is .*; allowed are"
    ):
        Settings(frame_ancestors=value)


def test_a_short_key_is_refused_without_being_printed() -> None:
    with pytest.raises(
        ValueError, match="CONTRASTIVE_OPERATOR_KEY has 6 characters"
    ) as refusal:
        Settings(operator_key="secret")
    assert "secret" not in str(refusal.value)


# --- what is in deploy/ ----------------------------------------------------------------


@pytest.mark.parametrize("path", DEPLOY, ids=lambda p: p.name)
def test_deployment_files_set_only_known_settings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", text))
    assert not list(Settings.problems(dict.fromkeys(named, "")))
