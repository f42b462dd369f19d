# SPDX-License-Identifier: EUPL-1.2
"""Our top-level names are ours alone: pip merges equal names of two projects without a word."""

import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = (
    "pod",
    "identity",
    "acl",
    "notify",
    "consent",
    "ldp",
    "dashboard",
    "commands",
    "server",
)


def kluis() -> Distribution:
    try:
        return Distribution.from_name("kluis")
    except PackageNotFoundError:
        pytest.fail("kluis is not installed in this environment; run: pip install -e .")


def is_editable(distribution: Distribution) -> bool:
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_ours_belongs_to_kluis_alone(name: str) -> None:
    owners = set(packages_distributions().get(name, []))
    # An editable install lists no files, so there the name must have no owner at all.
    ours: set[str] = set() if is_editable(kluis()) else {"kluis"}

    assert owners == ours, f"{name} is also installed by {sorted(owners - {'kluis'})}"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_ours_is_found_in_this_project(name: str) -> None:
    spec = find_spec(name)

    assert spec is not None, f"{name} cannot be imported"
    assert spec.origin is not None, f"{name} is a bare folder; it needs an __init__.py"
    assert Path(spec.origin).is_relative_to(ROOT)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_ours_hides_nothing_of_the_standard_library(name: str) -> None:
    assert name not in sys.stdlib_module_names
