"""What a user would write instead, to the same protocol as the engine: MNIST-1D, SGD, float32."""
