# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the site of `make docs` from what tests/bin/site puts together. Nothing is loaded from the network."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from pygments.lexers.shell import BashLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "meshwork.wireguard"
author = "meshwork.wireguard contributors"
copyright = f"2026 {author}"  # noqa: A001 - Sphinx calls it that

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
root_doc = "index"
nitpicky = True

# What pages of antsibull-docs refer to in Ansible's own documentation: label, page, title. Nothing is fetched.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
LABELS = (
    ("action_plugins", "plugins/action.html#action-plugins", "Action plugins"),
    ("ansible_collections.ansible.builtin.package_module", "collections/ansible/builtin/package_module.html", "package"),
    ("ansible_configuration_settings", "reference_appendices/config.html#ansible-configuration-settings", "Configuration"),
    ("common_return_values", "reference_appendices/common_return_values.html#common-return-values", "Common return values"),
)


def stored_inventory() -> str:
    """The labels as a file that `sphinx.ext.intersphinx` reads."""
    head = ("# Sphinx inventory version 2", "# Project: Ansible", "# Version:", "# The rest is compressed using zlib.", "")
    lines = "".join(f"{label} std:label -1 {page} {title}\n" for label, page, title in LABELS)
    path = Path(__file__).with_name("ansible.inv")  # always the same path, because Sphinx builds all anew if a setting differs
    path.write_bytes("\n".join(head).encode() + zlib.compress(lines.encode()))
    return str(path)


intersphinx_mapping = {"ansible": (ANSIBLE, stored_inventory())}

# Anchors are those that GitHub gives the same headings.
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]

antsibull_ext_color_scheme = "default-autodark"

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": True}


def setup(app: Sphinx) -> dict[str, Any]:
    """The words after three backticks that GitHub knows and Pygments does not; `console` blocks here have no prompt."""
    app.add_lexer("console", BashLexer)
    for name in ("csv", "mermaid", "output", "plain", "warnings"):
        app.add_lexer(name, TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
