"""Models as ONNX graphs: building a graph from the cells' equations, its arithmetic, and running it."""
