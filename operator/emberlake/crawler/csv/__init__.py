"""What CSV text is: encoding, dialect, preamble, header, types and missing values, each with its evidence."""
