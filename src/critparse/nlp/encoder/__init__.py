"""The trained model at run time: words, word pieces, the ONNX session and the decoding of what it says."""
