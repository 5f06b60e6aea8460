"""Files as streams of bounded memory: decompressed, decoded, row by row."""
