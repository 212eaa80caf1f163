"""Settings: safe defaults, and a start that stops for what cannot be meant."""

from pathlib import Path

import pytest

from hanse.hub.settings import SettingRefused, read_settings


def test_without_any_setting_the_hub_listens_to_this_machine_alone():
    settings = read_settings({"XDG_DATA_HOME": "/data", "PATH": "/bin"})

    assert (settings.host, settings.port) == ("127.0.0.1", 8440)
    assert settings.data == Path("/data/hanse")
    assert settings.public_url == "http://127.0.0.1:8440"
    assert settings.is_second_factor_required
    assert not settings.is_https


def test_a_misspelt_name_stops_the_start_and_is_answered_with_the_right_one():
    with pytest.raises(SettingRefused, match="did you mean HANSE_WORKERS"):
        read_settings({"HANSE_WORKER": "4"})


def test_the_names_of_edge_and_tests_are_theirs():
    settings = read_settings({"HANSE_EDGE_DATA": "x", "HANSE_TEST_DATABASE_URL": "y"})

    assert settings.database_url is None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "[::]", "hub.example"])  # noqa: S104
def test_beyond_this_machine_it_wants_tls(host: str):
    with pytest.raises(SettingRefused, match="without TLS"):
        read_settings({"HANSE_LISTEN": f"{host}:443"})


def test_a_proxy_in_front_may_speak_tls():
    settings = read_settings(
        {
            "HANSE_LISTEN": "0.0.0.0:8440",
            "HANSE_BEHIND_PROXY": "1",
            "HANSE_PUBLIC_URL": "https://hub.example/",
        }
    )

    assert settings.public_url == "https://hub.example"
    assert settings.is_https


def test_its_own_certificate_makes_the_address_https(tmp_path: Path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.touch()
    key.touch()

    settings = read_settings(
        {
            "HANSE_LISTEN": "192.0.2.7:443",
            "HANSE_TLS_CERT": str(cert),
            "HANSE_TLS_KEY": str(key),
        }
    )

    assert settings.public_url == "https://192.0.2.7:443"


@pytest.mark.parametrize(
    "given",
    [
        {"HANSE_LISTEN": "8440"},
        {"HANSE_LISTEN": "127.0.0.1:0"},
        {"HANSE_LISTEN": "127.0.0.1:99999"},
        {"HANSE_WORKERS": "0"},
        {"HANSE_WORKERS": "many"},
        {"HANSE_BEHIND_PROXY": "yes"},
        {"HANSE_PUBLIC_URL": "hub.example"},
        {"HANSE_PUBLIC_URL": "https://hub.example/under/it"},
        {"HANSE_TLS_CERT": "/nowhere.pem"},
        {"HANSE_TLS_CERT": "/nowhere.pem", "HANSE_TLS_KEY": "/nowhere.pem"},
        {"HANSE_SECOND_FACTOR": "off"},
        {
            "HANSE_SECOND_FACTOR": "optional",
            "HANSE_LISTEN": "0.0.0.0:1",
            "HANSE_BEHIND_PROXY": "1",
        },
    ],
)
def test_a_value_that_cannot_be_meant_stops_the_start(given: dict[str, str]):
    with pytest.raises(SettingRefused):
        read_settings(given)


def test_a_second_factor_can_be_optional_on_this_machine_only():
    settings = read_settings({"HANSE_SECOND_FACTOR": "optional"})

    assert not settings.is_second_factor_required
