"""Our source files by name, and what each of them imports: what the tests of the repository look at."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("app.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("aion/**/*.py")])
"""What a person installs and runs."""
BESIDE = [path for folder in ("tests", "benchmarks", "docs") for path in ROOT.glob(f"{folder}/**/*.py")]
PYTHON = sorted([*SOURCES, *BESIDE])
"""All Python of the repository."""


def module_name(path: Path) -> str:
    """``aion/io/__init__.py`` -> ``aion.io``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(name: str, *homes: str) -> bool:
    """Whether the module is one of ``homes`` or lies below one."""
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def imports(path: Path) -> Iterator[str]:
    """Absolute names of all that a file imports, wherever in it;
    ``from a import b`` gives ``a`` or, where it is a module, ``a.b``."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                ancestors = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*ancestors, *filter(None, [node.module])])
            for alias in node.names:
                submodule = ROOT.joinpath(*base.split("."), alias.name)
                yield (
                    f"{base}.{alias.name}"
                    if submodule.is_dir() or submodule.with_suffix(".py").is_file()
                    else base
                )


def each(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", files, ids=lambda path: str(path.relative_to(ROOT)))
