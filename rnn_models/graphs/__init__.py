"""Models as ONNX graphs: the graph, the cells' equations in it, its arithmetic, and running it."""
