"""How Sphinx builds these pages: `scripts/check docs`."""

import aquavit

project = "aquavit"
author = "the aquavit maintainers"
project_copyright = f"%Y, {author}"
version = release = aquavit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "pictures"]

html_theme = "furo"
html_title = f"aquavit {version}"
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Docstrings are Google's form; `name` in them is code, and types stand in the signature.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
add_module_names = False
