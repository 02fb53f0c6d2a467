"""Words for ddspec that are not ddspec's own."""
