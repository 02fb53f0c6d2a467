"""The language server: what an editor asks of a spec, answered from its text as it is now."""
