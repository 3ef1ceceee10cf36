"""Foreign copyright headers, left behind and removed."""

from __future__ import annotations

import random

import pytest

from harness.audit.headers import Header, header, plain_name
from harness.audit.licence import left_behind, licence_findings, removed
from harness.audit.sources import Source, installed_files

WRITER = random.Random(0)
TERMS, TESTS, ELSE = (
    ["a +", "b *", "(a) -", "b[0] /", "-a @"],
    ["a < b", "not a", "a in b"],
    ["(a, b)", "{a: b}", "[b]"],
)
BODY = "\n".join(
    f"def part{n}(self, a, b):\n    c = [{' '.join(WRITER.choices(TERMS, k=9))} b]"
    f"\n    return c if {WRITER.choice(TESTS)} else {WRITER.choice(ELSE)}"
    for n in range(20)
)
APACHE = '# Licensed under the Apache License, Version 2.0 (the "License");\n'
ZHIPU = "# Copyright 2025 The ZhipuAI Inc. team and HuggingFace Inc. team. All rights reserved.\n" + APACHE


@pytest.mark.parametrize(
    ("line", "holders"),
    [
        ("# Copyright 2025 The Zhipu Inc. team and HF team. All rights reserved.", ["The Zhipu Inc. team", "HF team"]),
        ("# Copyright (c) 2023-2024, DeepSeek.", ["DeepSeek"]),
        ("# © 2024 업스테이지", ["업스테이지"]),
        ("# Copyright (C) 2019, 2020 by Jane Doe <jane@example.org>", ["Jane Doe <jane@example.org>"]),
        ("# The above copyright notice shall be included", []),
        ("x = 'Copyright 2024 Nobody'", []),
    ],
)  # fmt: skip
def test_copyright_lines_are_read_from_comments_only(line, holders):
    assert list(header("m.py", line).holders) == holders


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        (APACHE, ("Apache-2.0",)),
        ("# SPDX-License-Identifier: Apache-2.0 OR MIT", ("Apache-2.0", "MIT")),
        ("# Permission is hereby granted, free of charge, to any person obtaining a copy", ("MIT",)),
        ("# under the GNU Affero General Public License", ("AGPL",)),
        ("# Creative Commons Attribution NonCommercial", ("CC-BY-NC",)),
        ("# the Llama 3 Community License", ("community model licence",)),
        ('"""Licensed under the MIT licence."""', ("MIT",)),
        ("x = 1  # no word of it", ()),
    ],
)
def test_licences_are_told_by_identifier_or_phrase(text, licences):
    assert header("m.py", text).licences == licences


def test_an_unknown_spdx_identifier_is_shown_as_such():
    assert header("m.py", "# SPDX-License-Identifier: My-Own-1.0").unknown == ("My-Own-1.0",)


def test_legal_forms_do_not_distinguish_holders():
    assert plain_name("The ZhipuAI Inc. team") == plain_name("ZhipuAI") == "zhipuai"


def test_a_foreign_header_left_in_the_code_is_referred():
    """As in the dispute: another company's copyright line in inference code."""
    (found,) = licence_findings([Source("serve.py", ZHIPU + "x = 1\n")], [Source("modeling.py", ZHIPU + BODY)], "glm")
    assert (found.strength, found.component, found.method) == ("refer", "code", "licence")
    assert "serve.py carries the copyright of The ZhipuAI Inc. team" in found.statement
    assert found.p_value is None


def test_a_header_that_everybody_carries_says_nothing():
    common = [Header(file="a.py", holders=("The HuggingFace Inc. team",))]
    assert left_behind(common, common) == {}


def test_a_file_taken_over_without_its_header_is_found_whatever_its_names():
    mine = BODY.replace("part", "block").replace("self", "this")
    found = removed([Source("mine.py", "# Copyright 2026 Us\n" + mine)], [Source("modeling.py", ZHIPU + BODY)])
    assert [(one.file, one.original, one.share) for one in found] == [("mine.py", "modeling.py", 1.0)]
    assert found[0].holders == ("The ZhipuAI Inc. team", "HuggingFace Inc. team")


def test_a_file_that_keeps_one_of_the_holders_was_not_stripped():
    kept = "# Copyright 2025 ZhipuAI and Us\n" + BODY
    assert removed([Source("mine.py", kept)], [Source("modeling.py", ZHIPU + BODY)]) == ()


def test_code_of_ones_own_is_not_referred():
    own = Source(
        "mine.py", "# Copyright 2026 Us\n" + "\n".join(f"x{n} = {{{n}: [y + z for y in w{n}]}}" for n in range(99))
    )
    (found,) = licence_findings([own], [Source("modeling.py", ZHIPU + BODY)], "glm")
    assert found.strength == "no_evidence"
    assert found.details["headers"] == [{"file": "mine.py", "holders": ["Us"], "licences": [], "unknown": []}]


def test_without_code_there_is_nothing_to_say():
    assert licence_findings([], [Source("modeling.py", BODY)], "glm") == ()


def test_an_installed_file_copied_without_its_header_is_found():
    (original,) = installed_files("qwen2_5_vl")
    stripped = "\n".join(line for line in original.text.splitlines() if not line.startswith("#"))
    (found,) = removed([Source("modeling_mine.py", stripped)], [original])
    assert found.holders[0] == "The Qwen Team"


@pytest.mark.parametrize(
    "text",
    [
        '"""Copyright 2024 Us"""\nx = 1\n',
        '# a comment\n\n"""Copyright""" \' 2024 Us\'; x = 1\n',
        "r'''\n    Copyright 2024 Us\n'''",
        "# Copyright 2024 Us\nx = 'Copyright 2024 Them'\n",
        "x = 1\n'Copyright 2024 Them'\n# Copyright 2024 Us",
        "'Copyright 2024 Them' + x\n# Copyright 2024 Us\n",
    ],
)
def test_a_docstring_is_the_first_statement_alone(text):
    assert header("m.py", text).holders == ("Us",)


def test_holders_are_separated_whatever_stands_between_them():
    line = "# Copyright 2024 The A team,\t B. ,  and C  &  D Inc. ;   All rights reserved."
    assert [plain_name(holder) for holder in header("m.py", line).holders] == ["a", "b", "c", "d"]


def test_more_names_than_are_kept_are_counted_and_referred():
    source = Source("m.py", "".join(f"# Copyright 2024 Firm{n}\n" for n in range(60)))
    assert (len(source.header.holders), source.header.left_out) == (50, 10)
    (found,) = licence_findings([source], [Source("modeling.py", BODY)], "glm")
    assert found.strength == "refer"
    assert "m.py: 10 holders and expressions beyond the first 50" in found.statement
