import re
import subprocess

import pytest

from keras_cnn_course.page.bundle import bundle_modules, read_source

BUNDLE = bundle_modules("main")
MODULES = re.findall(r"^// ---- (\w+)\.mjs ----$", BUNDLE, re.MULTILINE)


def test_every_module_is_bundled_once_after_those_it_imports():
    assert len(MODULES) == len(set(MODULES)) > 10
    assert MODULES[-1] == "main"
    for position, name in enumerate(MODULES):
        for imported in re.findall(r'from "\./(\w+)\.mjs"', read_source(f"{name}.mjs")):
            assert imported in MODULES[:position], f"{name} imports {imported}"


def test_nothing_is_imported_or_exported_any_more():
    assert not re.search(r"^\s*(import|export)\b", BUNDLE, re.MULTILINE)
    assert "</script" not in BUNDLE
    assert "<!--" not in BUNDLE


def test_the_bundle_is_one_valid_module(node, tmp_path):
    script = tmp_path / "bundle.mjs"
    script.write_text(BUNDLE)
    subprocess.run([node, "--check", str(script)], check=True, capture_output=True)


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_short_and_keep_to_es2020(name):
    source = read_source(f"{name}.mjs")
    assert len(source.splitlines()) <= 250
    # What ECMAScript added later: logical assignment, replaceAll, at, private and static members, top-level await.
    newer = r"\?\?=|\|\|=|&&=|\.replaceAll\(|\.at\(|this\.#|^\s+static |^await |\.findLast|structuredClone|hasOwn\("
    assert not re.search(newer, source, re.MULTILINE)


def test_a_module_says_what_it_is():
    for name in MODULES:
        assert read_source(f"{name}.mjs").startswith("// ")
