"""How much memory is left: of the machine, and of the container it is counted in."""

import pytest

from aion.explorer.engine import memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Files of a Linux with 16 GB available, in a container of 4 GB."""
    (tmp_path / "meminfo").write_text("MemTotal: 32000000 kB\nMemAvailable: 15625000 kB\n")
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("3900000000\n")
    (tmp_path / "memory.stat").write_text(
        "anon 1000000000\nfile 2900000000\nactive_file 800000000\ninactive_file 2000000000\nshmem 100000000\n"
    )
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    return tmp_path


def test_files_that_were_read_do_not_count_as_taken(system):
    assert memory.available("cpu") == 2_900_000_000


def test_a_container_without_a_limit_has_what_the_machine_has(system):
    (system / "memory.max").write_text("max\n")
    assert memory.available("cpu") == 16_000_000_000


def test_nobody_knows_where_the_system_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_PROC", tmp_path)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    assert memory.available("cpu") is None
