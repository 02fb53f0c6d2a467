"""A spec in a cell of a notebook: `%load_ext ddspec`, then `%%dd`."""
