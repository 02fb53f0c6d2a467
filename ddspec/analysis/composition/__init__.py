"""What each regularizer of a composition contributes."""
