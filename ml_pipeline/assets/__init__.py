"""The assets: one module each, named like the asset, whose docstring is its description."""
