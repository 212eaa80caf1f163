"""Settings: safe by default, and a misspelt one stops the start."""

from pathlib import Path

import pytest

from hanse.edge.settings import (
    Listen,
    SettingMalformed,
    SettingUnknown,
    from_environment,
)


def test_nothing_set_is_safe():
    settings = from_environment({"PATH": "/bin", "HANSE_HUB_DATA": "x"})

    assert settings.listen == Listen("127.0.0.1", 8441)
    assert not settings.is_open_on_loopback
    assert settings.most_new_blocks_per_hour == 5_000


def test_everything_can_be_set():
    settings = from_environment(
        {
            "HANSE_EDGE_DATA": "/srv/edge",
            "HANSE_EDGE_LISTEN": "[::1]:9000",
            "HANSE_EDGE_OPEN_ON_LOOPBACK": "1",
            "HANSE_EDGE_PLAIN_HTTP": "yes",
            "HANSE_EDGE_MOST_NEW_BLOCKS_PER_HOUR": "unlimited",
            "HANSE_EDGE_SEND_SIGHTINGS": "0",
            "HANSE_EDGE_KEY": "read by `hanse check`",
        }
    )

    assert settings.store == Path("/srv/edge/edge.db")
    assert settings.listen.url == "http://[::1]:9000"
    assert settings.is_open_on_loopback
    assert settings.may_use_plain_http
    assert settings.most_new_blocks_per_hour is None
    assert not settings.sends_sightings


def test_a_misspelt_setting_stops_the_start():
    with pytest.raises(SettingUnknown, match="HANSE_EDGE_MOST_NEW_BLOCKS_PER_HOUR"):
        from_environment({"HANSE_EDGE_MOST_BLOCKS": "10"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "nowhere"),
        ("LISTEN", "127.0.0.1:70000"),
        ("MOST_NEW_BLOCKS_PER_HOUR", "-1"),
        ("MOST_NEW_BLOCKS_PER_HOUR", "many"),
        ("OPEN_ON_LOOPBACK", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str):
    with pytest.raises(SettingMalformed):
        from_environment({f"HANSE_EDGE_{name}": value})


def test_an_edge_open_to_a_network_without_a_key_does_not_start():
    with pytest.raises(SettingMalformed, match=r"must listen on 127\.0\.0\.1"):
        from_environment(
            {"HANSE_EDGE_LISTEN": "0.0.0.0:8441", "HANSE_EDGE_OPEN_ON_LOOPBACK": "1"}
        )
